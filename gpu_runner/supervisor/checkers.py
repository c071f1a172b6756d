"""Checkers: one forked process for each submission, and one more that waits for the next."""

from __future__ import annotations

import os
import select
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from gpu_runner.sandbox import channel
from gpu_runner.supervisor.children import SETUP_PATIENCE_S, end
from gpu_runner.supervisor.zygotes import BootError, Zygote, ZygoteKeeper

if TYPE_CHECKING:
    from gpu_runner.supervisor.housekeeping import Housekeeping

log = structlog.get_logger("gpu_runner")


@dataclass(slots=True)
class Checker:
    """A process that waits for its brief on `channel`, or works on it."""

    channel: socket.socket
    pidfd: int
    zygote: Zygote

    def alive(self) -> bool:
        return not select.select([self.pidfd], [], [], 0)[0]


@dataclass(slots=True)
class CheckerPool:
    """Gives out checkers, and takes them down afterwards without making anybody wait."""

    keeper: ZygoteKeeper
    chores: Housekeeping
    spare: bool = True
    _waiting: Checker | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def take(self) -> Checker:
        """A checker for one submission. Raises BootError, channel.ClosedError or OSError."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting and waiting.alive():
            return waiting
        if waiting:
            self._end(waiting)
        return self._fork()

    def put_away(self, checker: Checker) -> None:
        """Its submission is over: kill it, and have the next one ready."""
        self.chores.do(lambda: self._end(checker))
        self.chores.do(self._make_spare)

    def drop_worn(self) -> None:
        """As `ChildPool.drop_worn`: the spare of a zygote that was replaced makes room for one of the new."""
        with self._lock:
            worn = self._waiting if self._waiting and self._waiting.zygote.retired else None
            if worn:
                self._waiting = None
        if worn:
            self.put_away(worn)

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self.chores.settle()
        if self._waiting:
            self._end(self._waiting)
            self._waiting = None

    def _fork(self) -> Checker:
        ours, theirs = channel.pair()
        ours.settimeout(SETUP_PATIENCE_S)
        zygote = self.keeper.acquire()
        try:
            zygote.fork((theirs.fileno(),), isolate=False)
            theirs.close()
            return Checker(ours, os.pidfd_open(channel.receive(ours).pid), zygote)
        except BaseException:
            ours.close()
            theirs.close()
            self.keeper.release(zygote)
            raise

    def _make_spare(self) -> None:
        if not self.spare or self._closed or self._waiting:
            return
        try:
            made = self._fork()
        except (channel.ClosedError, BootError, OSError) as error:
            log.warning("no_spare_checker", error=str(error), then="the next submission starts its own")
            return
        with self._lock:
            wanted = not (self._waiting or self._closed)
            if wanted:
                self._waiting = made
        if not wanted:
            self._end(made)

    def _end(self, checker: Checker) -> None:
        checker.channel.close()
        end(checker.pidfd)
        self.keeper.release(checker.zygote)
