"""The soak of `benchmarks/soak.py`, short: after good and hostile runs the machine holds what it held before."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.soak import MIX, soak
from gpu_runner.supervisor.judge import Supervisor

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
HARMLESS = ("honest", "daemon")


def test_hostile_runs_leave_the_machine_as_it_was(supervisor: Supervisor) -> None:
    supervisor.settle()  # the session's own spares are not to come and go beside these
    verdicts: Counter[str] = Counter()
    with Supervisor(spares=0) as own:
        before, *_, after = (held for _, held in soak(own, len(MIX), verdicts))

    assert (sum(verdicts.values()), verdicts["infra_error"]) == (len(MIX), 0)
    assert verdicts["passed"] == len(HARMLESS)
    kept = ("descriptors", "threads", "processes", "cgroups", "mounts")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert after.runner_mb < before.runner_mb + 20
