"""Without control groups the same limits are told apart, by what the supervisor sums over the process tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gpu_runner.protocol import Level, Verdict
from gpu_runner.supervisor import judge as judging
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import detect_level
from gpu_runner.supervisor.trial import Submission
from tests.gpu_runner.attack import HONEST, Attack
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.hostile_limits import LIMITS

pytestmark = pytest.mark.sandbox
FILES = {"lab.yaml": LAB, "checks.py": CHECKS}
WITHOUT_GROUPS = {
    "CPU split over children",
    "memory",
    "memory split over children",
    "memory in shared memory files",
    "fork bomb",
    "fork bomb that hides its errors",
    "thread bomb",
    "an orphan daemon that holds the pipes",
}
AS_MANY_AS_ALLOWED = """
import os, time
for _ in range(7):
    if os.fork() == 0: time.sleep(60)
time.sleep(0.2)
def double(x):
    return 2 * x
"""


@pytest.fixture(scope="module")
def below_full(supervisor: Supervisor) -> Iterator[Supervisor]:
    """A supervisor that finds no control groups, though the machine may have them."""
    assert supervisor.level  # the session's fixture skips where there is no sandbox
    found = replace(detect_level(), level=Level.NAMESPACES, hierarchies=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "detect_level", lambda **_: found)
        with Supervisor() as running:
            yield running


def run(supervisor: Supervisor, source: str) -> tuple[Verdict, str]:
    report = supervisor.judge(Submission(FILES, source))
    assert report.level is Level.NAMESPACES
    return report.verdict, report.checks[0].message


@pytest.mark.parametrize("attack", [attack for attack in LIMITS if attack.name in WITHOUT_GROUPS], ids=str)
def test_an_attack_on_the_limits_gets_the_same_verdict_as_with_groups(attack: Attack, below_full: Supervisor) -> None:
    verdict, message = run(below_full, attack.source)

    assert verdict.value in attack.verdicts.split(), message
    assert attack.says in message
    assert run(below_full, HONEST)[0] is Verdict.PASSED


def test_as_many_processes_as_are_allowed_are_not_blamed(below_full: Supervisor) -> None:
    assert run(below_full, AS_MANY_AS_ALLOWED) == (Verdict.PASSED, "")
