"""After any run no process, cgroup, descriptor or mount of it remains; dead and worn zygotes are replaced."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from gpu_runner.protocol import Verdict
from gpu_runner.supervisor import cgroups
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import detect_level
from gpu_runner.supervisor.trial import Submission
from gpu_runner.supervisor.zygotes import Zygote
from tests.gpu_runner.conftest import CHECKS, LAB, Judge
from tests.gpu_runner.hostile import HONEST

pytestmark = pytest.mark.sandbox
FILES = {"lab.yaml": LAB, "checks.py": CHECKS}
DAEMON = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        time.sleep(3600)
def double(x):
    return 2 * x
"""


def groups() -> set[str]:
    found = detect_level().hierarchies
    return {p.name for root in found.roots() for p in root.glob(f"{cgroups.PREFIX}{os.getpid()}-*")} if found else set()


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def processes(supervisor: Supervisor) -> int:
    """Of this supervisor's zygotes; the session's own keeps spares that come and go."""
    return sum(len(psutil.Process(z.process.pid).children(recursive=True)) for z in zygotes(supervisor))


def zygotes(supervisor: Supervisor) -> list[Zygote]:
    pools = (supervisor._checkers, supervisor._pool)
    return [pool.keeper._current for pool in pools if pool and pool.keeper._current]


def mounts() -> int:
    return Path("/proc/self/mounts").read_text().count("\n")


@pytest.fixture(scope="module")
def own(supervisor: Supervisor) -> Iterator[Supervisor]:
    """A supervisor without spares, so that nothing of it runs between two submissions."""
    assert supervisor.level  # the session's fixture skips where there is no sandbox
    with Supervisor(spares=0) as running:
        yield running


def run(supervisor: Supervisor, source: str) -> Verdict:
    verdict = supervisor.judge(Submission(FILES, source)).verdict
    supervisor.settle()
    return verdict


def test_runs_leave_nothing_behind(own: Supervisor, supervisor: Supervisor) -> None:
    supervisor.settle()  # the session's own, or its spares would come and go in these counts
    run(own, HONEST)
    before = (groups(), descriptors(), processes(own), mounts())

    verdicts = [run(own, source) for source in (DAEMON, "import os\nos._exit(0)\n", HONEST)]

    assert verdicts == [Verdict.PASSED, Verdict.NO_RESULT, Verdict.PASSED]
    assert (groups(), descriptors(), processes(own), mounts()) == before


def test_a_killed_zygote_is_replaced_and_blames_nobody(own: Supervisor) -> None:
    for zygote in zygotes(own):
        for process in psutil.Process(zygote.process.pid).children():
            os.kill(process.pid, signal.SIGKILL)
        zygote.process.wait(timeout=10)

    assert run(own, HONEST) is Verdict.PASSED


def test_a_worn_zygote_is_replaced_while_work_goes_on(own: Supervisor) -> None:
    assert own._pool is not None
    keeper = own._pool.keeper
    first, keeper.lifetime = keeper._current, 1

    assert {run(own, HONEST) for _ in range(2)} == {Verdict.PASSED}
    renewal, keeper.lifetime = keeper._renewal, 500
    assert renewal is not None
    renewal.join()

    assert keeper._current is not first
    assert run(own, HONEST) is Verdict.PASSED


def test_submissions_side_by_side_do_not_disturb_each_other(judge: Judge) -> None:
    sources = [HONEST, "def double(x):\n    return x\n", "import os\nos._exit(0)\n", DAEMON]

    with ThreadPoolExecutor(4) as pool:
        verdicts = [report.verdict.value for report in pool.map(judge, sources * 2)]

    assert verdicts == ["passed", "failed", "no_result", "passed"] * 2
