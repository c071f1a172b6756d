"""What was seen outside becomes one verdict and one sentence with the limit and the use in it."""

from __future__ import annotations

import pytest

from gpu_runner.protocol import CheckResult, Evidence, Limits, Verdict
from gpu_runner.supervisor.cgroups import Counts
from gpu_runner.supervisor.children import Outcome
from gpu_runner.supervisor.verdicts import overall, trouble

LIMITS = Limits(wall_s=5, cpu_s=4, memory_mb=256, processes=16, log_kb=64)


def outcome(**fields: object) -> Outcome:
    return Outcome(**{"exit": 0, "wall_s": 5.02, "counts": Counts(peak=300 * 2**20, cpu_s=4.1), **fields})  # type: ignore[arg-type]  # a shorthand


@pytest.mark.parametrize(
    ("seen", "verdict", "says"),
    [
        ({"stopped_for": "wall"}, Verdict.TIMEOUT, "the limit is 5 s of wall time"),
        ({"stopped_for": "cpu"}, Verdict.TIMEOUT, "4.1 s of CPU time: the limit is 4 s"),
        ({"stopped_for": "memory"}, Verdict.MEMORY, "may hold 256 MiB; the peak was 300 MiB"),
        ({"stopped_for": "log", "log": b"x" * 70000}, Verdict.LIMIT, "more than 64 KiB (68 KiB"),
        ({"counts": Counts(oom_kills=1, peak=256 * 2**20)}, Verdict.MEMORY, "256 MiB"),
        ({"counts": Counts(refused_forks=7)}, Verdict.LIMIT, "limit of 16 (7 more"),
        ({"stopped_for": "cpu", "counts": Counts(refused_forks=7)}, Verdict.LIMIT, "limit of 16 (7 more"),
        ({"counts": Counts(tasks=18)}, Verdict.LIMIT, "more processes or threads than the limit of 16"),
        ({"exit": -11}, Verdict.CRASH, "SIGSEGV"),
        ({"exit": -24}, Verdict.TIMEOUT, "CPU time"),
        ({"exit": None}, Verdict.INFRA_ERROR, "our failure"),
    ],
    ids=str,
)
def test_each_limit_is_told_apart(seen: dict[str, object], verdict: Verdict, says: str) -> None:
    found = trouble(outcome(**seen), LIMITS)

    assert found is not None
    assert found.verdict is verdict
    assert says in found.message


def test_a_process_that_ended_by_itself_may_have_an_answer() -> None:
    assert trouble(outcome(), LIMITS) is None
    assert trouble(outcome(exit=70), LIMITS) is None
    assert trouble(outcome(exit=None, answered=True), LIMITS) is None


def results(*verdicts: Verdict) -> list[CheckResult]:
    return [CheckResult(id=f"c{i}", title="", evidence=Evidence.COMPUTED, verdict=v) for i, v in enumerate(verdicts)]


def test_a_submission_passes_only_if_every_check_does() -> None:
    assert overall(results(Verdict.PASSED, Verdict.PASSED)) is Verdict.PASSED
    assert overall(results(Verdict.PASSED, Verdict.TIMEOUT, Verdict.FAILED)) is Verdict.TIMEOUT


def test_a_failure_of_ours_outweighs_everything() -> None:
    assert overall(results(Verdict.FAILED, Verdict.INFRA_ERROR)) is Verdict.INFRA_ERROR
    assert overall([]) is Verdict.INFRA_ERROR
