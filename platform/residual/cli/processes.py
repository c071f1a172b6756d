"""Child processes that are kept alive: started together, restarted with back-off, stopped together."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from residual.lifetime import end_with_parent

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 20.0  # a child that ran this long starts again at once when it dies
PATIENCE_S = 15.0  # how long children get to finish what they are doing before they are killed
POLL_S = 0.2
LOG_KEPT_BYTES = 5_000_000


@dataclass
class Child:
    """One process to keep alive. Its output goes to `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    ends_first: bool = False  # it tells the others what it leaves unfinished
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    retry_at: float = field(default=0.0)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        _shorten(self.log)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - `residual run` has one thread
                start_new_session=True,  # Ctrl-C is for `residual run`, which ends its children in their order
            )
        self.started_at = time.monotonic()

    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def note_failure(self, now: float) -> float:
        """Plan the next start and return the pause in seconds: doubled for each quick failure."""
        self.failures = 1 if now - self.started_at > STEADY_AFTER_S else self.failures + 1
        pause: float = min(FIRST_PAUSE_S * 2 ** (self.failures - 1), LONGEST_PAUSE_S)
        self.process, self.retry_at = None, now + pause
        return pause

    def last_words(self, lines: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


@dataclass
class Group:
    """Children that live and end together."""

    children: Sequence[Child]
    say: Callable[[str], None]
    stopping: bool = False
    patience_s: float = PATIENCE_S

    def start(self) -> None:
        for child in self.children:
            child.start()

    def watch(self) -> None:
        """Restart whoever dies, until `stopping` is set."""
        while not self.stopping:
            self.tend(time.monotonic())
            time.sleep(POLL_S)

    def tend(self, now: float) -> None:
        """One look at every child."""
        for child in self.children:
            if child.process is None and now >= child.retry_at:
                child.start()
            elif (code := child.exit_code()) is not None:
                pause = child.note_failure(now)
                self.say(
                    f"The {child.name} stopped ({_ending(code)}); starting it again in {pause:g} s. Log: {child.log}"
                )

    def stop(self) -> None:
        """Ask every child to end, in their order, wait, and kill those that don't."""
        for first in (True, False):
            running = [child.process for child in self.children if child.process and child.ends_first is first]
            for process in running:
                process.terminate()
            deadline = time.monotonic() + self.patience_s
            for process in running:
                _wait_or_kill(process, deadline)


def _wait_or_kill(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _shorten(log: Path) -> None:
    """Keep one older log, so that a crash loop can't fill the disk."""
    if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".old.log"))
