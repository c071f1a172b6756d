"""Children of `residual run` are restarted when they die and ended together."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from residual.cli.processes import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_AFTER_S, Child, Group

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
SAY = "print('ready', flush=True); time.sleep(60)"
IGNORE_TERM = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


def make_child(tmp_path: Path, command: list[str], name: str = "worker") -> Child:
    return Child(name, command, os.environ, tmp_path / f"{name}.log")


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_child_that_is_killed_starts_again(tmp_path: Path) -> None:
    said: list[str] = []
    child = make_child(tmp_path, SLEEP)
    group = Group([child], said.append)
    group.start()
    assert child.process
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: child.exit_code() is not None)
    group.tend(time.monotonic())
    group.tend(child.retry_at + 0.001)
    assert child.process
    assert child.process.pid != first
    assert "The worker stopped (signal SIGKILL)" in said[0]
    group.stop()


def test_quick_failures_are_retried_more_and_more_slowly(tmp_path: Path) -> None:
    child = make_child(tmp_path, SLEEP)
    child.started_at = 100.0
    pauses = [child.note_failure(101.0) for _ in range(10)]
    assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_a_child_that_ran_steadily_is_restarted_at_once(tmp_path: Path) -> None:
    child = make_child(tmp_path, SLEEP)
    child.failures, child.started_at = 8, 100.0
    assert child.note_failure(101.0 + STEADY_AFTER_S) == FIRST_PAUSE_S


def test_stopping_ends_every_child(tmp_path: Path) -> None:
    children = [make_child(tmp_path, SLEEP, name) for name in ("one", "two")]
    group = Group(children, print)
    group.start()
    group.stop()
    assert [child.exit_code() for child in children] == [-signal.SIGTERM, -signal.SIGTERM]


def test_a_child_that_tells_the_others_ends_before_them(tmp_path: Path) -> None:
    told = f"import os, signal, sys, time; signal.signal(15, lambda *_: sys.exit(os.path.exists('/proc/%d'))); {SAY}"
    other = make_child(tmp_path, SLEEP, "other")
    other.start()
    assert other.process
    first = make_child(tmp_path, [sys.executable, "-c", told % other.process.pid], "first")
    first.ends_first = True
    first.start()
    wait_for(lambda: "ready" in first.last_words())
    Group([other, first], print).stop()
    assert (first.exit_code(), other.exit_code()) == (1, -signal.SIGTERM)


def test_ctrl_c_in_the_terminal_reaches_no_child(tmp_path: Path) -> None:
    child = make_child(tmp_path, SLEEP)
    child.start()
    assert child.process
    assert os.getpgid(child.process.pid) != os.getpgid(0)
    Group([child], print).stop()


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    child = make_child(tmp_path, IGNORE_TERM)
    group = Group([child], print, patience_s=0.2)
    group.start()
    wait_for(lambda: "deaf" in child.last_words())
    group.stop()
    assert child.exit_code() == -signal.SIGKILL


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from pathlib import Path; from residual.cli.processes import Child;"
        f"c = Child('c', {SLEEP!r}, dict(os.environ), Path({str(tmp_path / 'c.log')!r})); c.start();"
        "print(c.process.pid, flush=True); time.sleep(60)"
    )
    parent = make_child(tmp_path, [sys.executable, "-c", script], "parent")
    parent.start()
    wait_for(lambda: parent.last_words().strip().isdigit())
    grandchild = int(parent.last_words())
    assert parent.process
    parent.process.kill()
    parent.process.wait()
    wait_for(lambda: not _alive(grandchild))


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().split()[2] != "Z"
