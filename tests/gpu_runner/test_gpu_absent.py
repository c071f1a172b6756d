"""Where there is no card, or CUDA does not start on it, a job of the lane `gpu` fails as ours, not as the learner's."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_runner import lab
from gpu_runner.gpu import selftest
from gpu_runner.gpu.cards import NoCardError
from gpu_runner.protocol import Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.fake_card import FakeDriver, lane_of

ON_CARD = {"lab.yaml": LAB + b"lane: gpu\ngpu_memory_mb: 512\n", "checks.py": CHECKS}
DOUBLE = "def double(x):\n    return 2 * x\n"


@pytest.mark.sandbox
def test_without_a_card_the_job_fails_as_ours(supervisor: Supervisor) -> None:
    report = supervisor.judge(Submission(ON_CARD, DOUBLE))
    assert report.verdict is Verdict.INFRA_ERROR
    assert "this runner has no card" in report.message


@pytest.mark.sandbox
def test_cuda_that_does_not_start_is_our_failure_and_keeps_the_lane_closed(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    lane = lane_of(FakeDriver(), tmp_path)
    supervisor.take_card(lane)
    found = selftest.problems(supervisor.judge, lane)
    supervisor.give_card_back()
    assert len(found) == len(selftest.EXPECTED)
    assert all("infra_error" in problem and "could not be set up" in problem for problem in found)


def test_doctor_says_why_there_is_no_card(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def none(**_: str) -> None:
        raise NoCardError("NVIDIA's driver does not answer: Driver Not Loaded")

    monkeypatch.setattr(lab, "find_lane", none)
    assert lab.main(["doctor", "--gpu"]) == lab.Exit.NOT_PASSED
    assert capsys.readouterr().out == "no card: NVIDIA's driver does not answer: Driver Not Loaded\n"
