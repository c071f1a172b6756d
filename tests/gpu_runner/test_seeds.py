"""With a given seed, draws and the learner's own random numbers come again; without one, nobody can foresee them."""

from __future__ import annotations

import pytest

from gpu_runner.protocol import Report
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission
from tests.gpu_runner.conftest import CHECKS, LAB

pytestmark = pytest.mark.sandbox

RANDOM = "import random, numpy, torch\ndef double(x):\n    print(random.random(), numpy.random.rand(), torch.rand(1))\n"
TWO_CHECKS = LAB + b"  - {id: again, title: Twice the input, evidence: computed}\n"
TWICE = CHECKS + b"\n@check('again')\ndef once_more(lab: Lab) -> None:\n    twice_the_input_exactly(lab)\n"


def judged(supervisor: Supervisor, seed: int | None) -> Report:
    return supervisor.judge(Submission({"lab.yaml": TWO_CHECKS, "checks.py": TWICE}, RANDOM, seed=seed))


def drawn(report: Report) -> list[int]:
    return [check.details["inputs"]["seed"] for check in report.checks]


def test_the_same_seed_draws_the_same(supervisor: Supervisor) -> None:
    first, second = judged(supervisor, 7), judged(supervisor, 7)

    assert drawn(first) == drawn(second)
    assert first.log == second.log


def test_another_seed_draws_something_else_and_so_does_each_check(supervisor: Supervisor) -> None:
    first, second = judged(supervisor, 7), judged(supervisor, 8)

    assert len({*drawn(first), *drawn(second)}) == 4
    assert len({line for report in (first, second) for line in report.log.splitlines() if "tensor" in line}) == 4


def test_without_a_seed_nothing_comes_again(supervisor: Supervisor) -> None:
    first, second = judged(supervisor, None), judged(supervisor, None)

    assert len({*drawn(first), *drawn(second)}) == 4
    assert first.log != second.log
