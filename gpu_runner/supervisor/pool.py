"""Children kept ready: while one call runs, the next child is already being jailed."""

from __future__ import annotations

import contextlib
import select
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gpu_runner.protocol import Limits
from gpu_runner.sandbox import channel
from gpu_runner.supervisor.children import Child, Outcome, SetupError
from gpu_runner.supervisor.meters import CgroupMeter, Meter, TreeMeter
from gpu_runner.supervisor.zygotes import BootError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpu_runner.supervisor.cgroups import Hierarchies
    from gpu_runner.supervisor.news import News
    from gpu_runner.supervisor.zygotes import Zygote, ZygoteKeeper


@dataclass(slots=True)
class Ready:
    """A prepared child and the zygote it came from."""

    child: Child
    zygote: Zygote

    def alive(self) -> bool:
        return not select.select([self.child.pidfd], [], [], 0)[0]


@dataclass(slots=True)
class ChildPool:
    """Gives out prepared children; a spare is used only for the very limits it was prepared with."""

    keeper: ZygoteKeeper
    hierarchies: Hierarchies | None
    isolated: bool
    spares: int
    _ready: deque[Ready] = field(default_factory=deque)
    _wanted: Limits | None = None
    _change: threading.Condition = field(default_factory=threading.Condition)
    _worker: threading.Thread | None = None
    _closed: bool = False

    def run(
        self,
        request: dict[str, object],
        arguments: int,
        budget: Limits,
        wanted: Limits,
        cancelled: Callable[[], bool],
        news: News,
    ) -> Outcome:
        """One call in a fresh child. Raises SetupError if no child can be had."""
        ready = self._take(wanted)
        try:
            return ready.child.run(request, arguments, budget, cancelled, news)
        finally:
            self.keeper.release(ready.zygote)

    def _take(self, limits: Limits) -> Ready:
        unusable: list[Ready] = []
        found: Ready | None = None
        with self._change:
            self._wanted = limits
            while self._ready and found is None:
                candidate = self._ready.popleft()
                if candidate.child.limits == limits and candidate.alive():
                    found = candidate
                else:
                    unusable.append(candidate)
            self._change.notify_all()
        for spare in unusable:
            self._drop(spare)
        self._start_worker()
        return found or self._prepare(limits)

    def _prepare(self, limits: Limits) -> Ready:
        """A new child; a zygote that died in between is replaced once."""
        try:
            return self._prepare_once(limits)
        except (channel.ClosedError, SetupError):
            return self._prepare_once(limits)

    def _prepare_once(self, limits: Limits) -> Ready:
        zygote = self.keeper.acquire()
        try:
            meter: Meter = CgroupMeter.create(self.hierarchies, limits) if self.hierarchies else TreeMeter()
            child = Child.prepare(zygote, limits, meter, isolated=self.isolated, cgroups=self.hierarchies is not None)
        except BaseException:
            self.keeper.release(zygote)
            raise
        return Ready(child, zygote)

    def _start_worker(self) -> None:
        with self._change:
            if self.spares and self._worker is None and not self._closed:
                self._worker = threading.Thread(target=self._refill, name="spare-children", daemon=True)
                self._worker.start()

    def _refill(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or len(self._ready) < self.spares)
                if self._closed:
                    return
                limits = self._wanted
            assert limits is not None, "the thread starts at the first call"  # noqa: S101 - an invariant
            try:
                ready = self._prepare(limits)
            except (channel.ClosedError, SetupError, BootError, OSError):
                # A spare is a courtesy; the call that needs one prepares its own and reports why it could not.
                with self._change:
                    self._change.wait(timeout=1.0)
                continue
            with self._change:
                self._ready.append(ready)

    def _drop(self, ready: Ready) -> None:
        with contextlib.suppress(OSError):
            ready.child.discard()
        self.keeper.release(ready.zygote)

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify_all()
        if self._worker is not None:
            self._worker.join()
        while self._ready:
            self._drop(self._ready.popleft())
