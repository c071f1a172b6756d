"""One card, one tenant at a time: who has it, what they use of it, and whether they left it as they found it.

Use is read as the whole card's memory less what was used before: that needs no process ids, which a container hides,
and holds because nobody else is there. torch's own cap is a courtesy of its allocator; this one is read from outside.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpu_runner.gpu.cards import Card, Driver

CONTEXT_MB: Final = 1024  # what CUDA itself takes, before a tensor is made
SLACK_MB: Final = 64  # so much may still be used and the card counts as clean
LEAVING_S: Final = 10.0  # drivers give memory back a moment after the process is gone
LOOK_AGAIN_S: Final = 0.1

log = structlog.get_logger("gpu_runner")


class CardError(RuntimeError):
    """The card cannot be given to this job: our failure, never the learner's."""


@dataclass(slots=True)
class Tenant:
    """Who has the card now."""

    cap_mb: int
    before_mb: float
    now_mb: float = 0.0
    peak_mb: float = 0.0

    @property
    def over(self) -> bool:
        return self.peak_mb > self.cap_mb + CONTEXT_MB


@dataclass(slots=True)
class GpuLane:
    """A card and the rules by which it is lent."""

    card: Card
    driver: Driver
    locks: Path
    leaving_s: float = LEAVING_S
    tenant: Tenant | None = None
    unclean: str = field(default="")

    @contextlib.contextmanager
    def lend(self, cap_mb: int, cancelled: Callable[[], bool]) -> Iterator[Tenant]:
        """Have the card alone. Raises CardError where it can't be had, InterruptedError when cancelled meanwhile."""
        if cap_mb > self.card.total_mb:
            raise CardError(f"the lab may use {cap_mb} MiB of GPU memory, and this card has {self.card.total_mb} MiB")
        with self._locked(cancelled):
            self._look_over()
            tenant = self.tenant = Tenant(cap_mb, self.driver.used_mb(self.card))
            try:
                yield tenant
            finally:
                self.tenant = None
                self._wait_until_clean(tenant)

    def share(self) -> float:
        """Which part of the card torch may hand out; 0 without a tenant."""
        return self.tenant.cap_mb / self.card.total_mb if self.tenant else 0.0

    def sample(self) -> Tenant | None:
        """Read what is used now."""
        if self.tenant is not None:
            self.tenant.now_mb = max(0.0, self.driver.used_mb(self.card) - self.tenant.before_mb)
            self.tenant.peak_mb = max(self.tenant.peak_mb, self.tenant.now_mb)
        return self.tenant

    def _look_over(self) -> None:
        if self.unclean:
            raise CardError(f"the card is not lent any more: {self.unclean}")
        if strangers := self.driver.processes(self.card):
            raise CardError(f"somebody else uses the card: processes {', '.join(map(str, strangers))}")

    def _wait_until_clean(self, tenant: Tenant) -> None:
        """After a job nobody may hold the card, and its memory is back; else it is lent to nobody any more."""
        deadline = time.monotonic() + self.leaving_s
        while problem := self._left_behind(tenant):
            if time.monotonic() > deadline:
                self.unclean = problem
                log.error("card_left_unclean", card=self.card.uuid, problem=problem, then="restart the runner")
                return
            time.sleep(LOOK_AGAIN_S)

    def _left_behind(self, tenant: Tenant) -> str:
        if held := self.driver.processes(self.card):
            return f"after a job, processes {', '.join(map(str, held))} still held it"
        left = self.driver.used_mb(self.card) - tenant.before_mb
        return f"after a job, {left:.0f} MiB were not given back" if left > SLACK_MB else ""

    @contextlib.contextmanager
    def _locked(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        """A file per card, which other runners of this machine respect too; the kernel frees it if we die."""
        self.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(self.locks / f"residual-{self.card.uuid}.lock", flags, 0o600)
        try:
            while not _try_lock(fd):
                if cancelled():
                    raise InterruptedError("cancelled while waiting for the card")
                time.sleep(LOOK_AGAIN_S)
            yield
        finally:
            os.close(fd)


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
