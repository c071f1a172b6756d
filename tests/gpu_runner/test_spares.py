"""Spare children: the next lab takes them on with limits of its own, and dead or surplus ones are no trouble."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gpu_runner.labspec import read_lab
from gpu_runner.protocol import Level, Report, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.pool import ChildPool
from gpu_runner.supervisor.trial import Submission
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.hostile import HONEST

pytestmark = pytest.mark.sandbox
SPARES = 2
HOARDER = """
import torch
def double(x):
    held = [torch.ones(1024, 1024) for _ in range(60)]  # 240 MiB
    return 2 * x
"""
FORKS = """
import os, time
def double(x):
    for _ in range(6):
        if os.fork() == 0:
            time.sleep(3600)
    return 2 * x
"""


@pytest.fixture(scope="module")
def own(supervisor: Supervisor) -> Iterator[Supervisor]:
    assert supervisor.level  # the session's fixture skips where there is no sandbox
    with Supervisor(spares=SPARES) as running:
        yield running


def pool(supervisor: Supervisor) -> ChildPool:
    assert supervisor._pool is not None
    return supervisor._pool


def run(supervisor: Supervisor, source: str = HONEST, **limits: int) -> Report:
    """Judge with spares ready, and wait until they are so again."""
    files = {"lab.yaml": LAB, "checks.py": CHECKS}
    asked = read_lab(files).limits.model_copy(update=limits)
    report = supervisor.judge(Submission(files, source, limits=asked))
    supervisor.settle()
    return report


def prepared(supervisor: Supervisor) -> list[int]:
    """Their keepers' process ids."""
    lines = [Path(f"/proc/self/fdinfo/{spare.child.pidfd}").read_text() for spare in pool(supervisor)._ready]
    return [int(line.split()[1]) for text in lines for line in text.splitlines() if line.startswith("Pid:")]


def test_spares_wait_after_the_first_submission(own: Supervisor) -> None:
    run(own)

    assert len(prepared(own)) == SPARES


def test_a_spare_obeys_the_memory_limit_of_the_lab_that_takes_it(own: Supervisor) -> None:
    for _ in range(SPARES):  # the spares of earlier tests are used up then
        run(own, memory_mb=1024)
    spare = prepared(own)[0]

    report = run(own, HOARDER, memory_mb=128)

    assert spare not in prepared(own), "the spare made for another limit was not used"
    assert report.verdict is Verdict.MEMORY
    assert "128 MiB" in report.checks[0].message
    if own.level is Level.FULL:
        assert report.checks[0].usage.peak_mb <= 128, "the supervisor noticed, but the kernel had let it pass"
    assert run(own, HOARDER, memory_mb=1024).verdict is Verdict.PASSED


def test_a_spare_obeys_the_process_limit_of_the_lab_that_takes_it(own: Supervisor) -> None:
    run(own, processes=32)

    assert run(own, FORKS, processes=3).verdict is not Verdict.PASSED
    assert run(own, FORKS, processes=32).verdict is Verdict.PASSED


def test_a_lab_with_another_scratch_gets_children_of_its_own(own: Supervisor) -> None:
    fill = "def double(x):\n    open('/tmp/f', 'wb').write(bytes(6 << 20))\n    return 2 * x\n"
    run(own, disk_mb=4, file_mb=8)

    assert run(own, fill, disk_mb=16, file_mb=8).verdict is Verdict.PASSED
    assert run(own, fill, disk_mb=4, file_mb=8).verdict is Verdict.LIMIT
    assert len(prepared(own)) == SPARES


def test_dead_spares_are_replaced_and_blame_nobody(own: Supervisor) -> None:
    run(own)
    for spare in prepared(own):
        psutil.Process(spare).kill()
    deadline = time.monotonic() + 5
    while any(ready.alive() for ready in pool(own)._ready) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert run(own).verdict is Verdict.PASSED
    assert all(ready.alive() for ready in pool(own)._ready)


def test_spares_of_a_worn_zygote_do_not_keep_it_alive(own: Supervisor) -> None:
    run(own)
    keeper = pool(own).keeper
    worn = keeper._current
    assert worn is not None

    keeper.replace(keeper.role)
    renewal = keeper._renewal
    assert renewal is not None
    renewal.join()
    own.settle()

    assert worn.process.returncode is not None
    assert len(prepared(own)) == SPARES
    assert run(own).verdict is Verdict.PASSED
