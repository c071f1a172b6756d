"""What nobody should have to wait for: taking finished processes down, and bringing spare ones up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS: Final = 2
BACKLOG: Final = 8  # chores; whoever brings one more does it then and there

log = structlog.get_logger("gpu_runner")


@dataclass(slots=True)
class Housekeeping:
    """Does chores in the background, in about the order in which they come."""

    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "housekeeping"))
    _pending: int = 0
    _change: threading.Condition = field(default_factory=threading.Condition)

    def do(self, chore: Callable[[], None]) -> None:
        """Take a chore on. A chore that fails is logged: it must have given back what it holds by itself."""
        with self._change:
            self._pending += 1
            busy = self._pending > BACKLOG
        if busy:
            self._carry_out(chore)
        else:
            self._threads.submit(self._carry_out, chore)

    def settle(self) -> None:
        """Wait until nothing is left to do."""
        with self._change:
            self._change.wait_for(lambda: not self._pending)

    def close(self) -> None:
        """Finish what was taken on."""
        self._threads.shutdown()

    def _carry_out(self, chore: Callable[[], None]) -> None:
        try:
            chore()
        except Exception:
            log.exception("chore_failed")
        finally:
            with self._change:
                self._pending -= 1
                self._change.notify_all()
