"""Control groups of this machine, whatever version they have: limits hold over a tree, counts say so, nothing stays.

Needs no torch, so it is quick enough for an emulated machine too (`packaging/vm.py`).
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gpu_runner.supervisor import cgroups
from gpu_runner.supervisor.cgroups import Counts, Group
from tests.needs import lacking

pytestmark = pytest.mark.sandbox
WAIT = "import os, sys, time; sys.stdin.read(1); "
HOARD = WAIT + "kept = [os.fork() or bytearray(b'x') * (40 << 20) for _ in range(2)]; time.sleep(60)"  # 3 want 120 MiB
BOMB = WAIT + "\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(60)"
HIDE = WAIT + "[os.fork() or os.setsid() for _ in range(3)]; sys.stdout.write('x'); sys.stdout.flush(); time.sleep(60)"
BUSY = WAIT + "began = time.process_time()\nwhile time.process_time() - began < 0.3: pass"


@pytest.fixture
def group() -> Iterator[Group]:
    try:
        made = Group(cgroups.detect())
    except cgroups.UnavailableError as error:
        lacking(f"no control groups on this machine: {error}")
    made.create()
    made.limit(memory_mb=64, processes=8)
    yield made
    made.remove()
    assert [root for root in made.where.roots() if (root / made.name).exists()] == []


def start(group: Group, script: str) -> subprocess.Popen[bytes]:
    """A process that was in the group before it did anything."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    group.add(process.pid)
    assert process.stdin
    process.stdin.write(b"g")
    process.stdin.close()
    return process


def finish(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout
    process.stdout.close()
    return process.wait(timeout=60)


def counts_once(group: Group, field: str) -> Counts:
    """The group's counts once `field` is not 0."""
    for _ in range(600):
        counts = group.counts()
        if getattr(counts, field):
            return counts
        select.select([], [], [], 0.1)
    raise AssertionError(f"{field} stayed 0")


def test_memory_is_limited_over_the_tree(group: Group) -> None:
    process = start(group, HOARD)

    counts = counts_once(group, "oom_kills")

    assert counts.peak <= 64 * cgroups.MB
    group.kill()
    finish(process)


def test_forks_beyond_the_limit_are_refused_and_counted(group: Group) -> None:
    process = start(group, BOMB)

    counts_once(group, "refused_forks")

    group.kill()
    finish(process)


def test_processes_that_left_their_session_are_killed_with_the_others(group: Group) -> None:
    process = start(group, HIDE)
    assert process.stdout
    process.stdout.read(1)

    group.kill()

    assert finish(process) == -9
    group.remove()
    assert group.created == []


def test_processor_time_is_counted_to_the_millisecond(group: Group) -> None:
    assert finish(start(group, BUSY)) == 0

    assert 0.3 <= group.counts().cpu_s < 3


def test_limits_can_be_changed_in_both_directions(group: Group) -> None:
    for memory_mb in (256, 32, 128):
        group.limit(memory_mb=memory_mb, processes=4)

    assert group.counts().refused_forks == 0


def test_this_process_may_divide_its_own_group_again_and_again() -> None:
    try:
        first, second = cgroups.detect(), cgroups.detect()
    except cgroups.UnavailableError as error:
        lacking(f"no control groups on this machine: {error}")

    assert first == second
    assert [root for root in first.roots() if list(root.glob(f"{cgroups.PREFIX}{os.getpid()}-probe"))] == []
