"""Every attack gets its verdict, and the honest submission right after it still passes."""

from __future__ import annotations

import pytest

from gpu_runner.protocol import Level, Verdict
from gpu_runner.supervisor.judge import Supervisor
from tests.gpu_runner.conftest import Judge
from tests.gpu_runner.hostile import ALL, HONEST, Attack

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("attack", ALL, ids=str)
def test_an_attack_gets_its_verdict_and_harms_nobody_after(
    attack: Attack, judge: Judge, supervisor: Supervisor
) -> None:
    report = judge(attack.source, wall_s=attack.wall_s, cpu_s=attack.cpu_s)

    result = report.checks[0] if report.checks else report
    assert report.verdict.value in attack.verdicts.split(), result.message
    if supervisor.level is Level.FULL:
        assert attack.says in result.message
    assert judge(HONEST).verdict is Verdict.PASSED
