"""Children kept ready: a submission finds its first ones jailed and waiting, and the next are made while it runs."""

from __future__ import annotations

import contextlib
import select
import threading
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from gpu_runner.gpu.meter import GpuMeter
from gpu_runner.protocol import Limits
from gpu_runner.sandbox import channel
from gpu_runner.supervisor.children import Child, Outcome, SetupError
from gpu_runner.supervisor.housekeeping import Housekeeping
from gpu_runner.supervisor.meters import CgroupMeter, Meter, TreeMeter
from gpu_runner.supervisor.zygotes import BootError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpu_runner.gpu.lane import GpuLane
    from gpu_runner.supervisor.cgroups import Hierarchies
    from gpu_runner.supervisor.news import News
    from gpu_runner.supervisor.zygotes import Zygote, ZygoteKeeper

log = structlog.get_logger("gpu_runner")
QUIET_S: Final = 0.1  # a verdict is on its way just after a submission ends: what is for later leaves it the processor


@dataclass(slots=True)
class Ready:
    """A prepared child and the zygote it came from."""

    child: Child
    zygote: Zygote

    def alive(self) -> bool:
        return not select.select([self.child.pidfd], [], [], 0)[0]


@dataclass(slots=True)
class ChildPool:
    """Gives out prepared children; a spare takes on the limits of the lab it is used for.

    `spares` children wait while nothing is judged. During a submission one is made ahead, and only once the others are
    used up: making one takes as much of the processor as most calls do.
    """

    keeper: ZygoteKeeper
    hierarchies: Hierarchies | None
    isolated: bool
    spares: int
    chores: Housekeeping
    gpu: GpuLane | None = None
    _ready: deque[Ready] = field(default_factory=deque)
    _wanted: Limits | None = None
    _submissions: int = 0
    _change: threading.Condition = field(default_factory=threading.Condition)
    _topping_up: bool = False
    _closed: bool = False

    @contextlib.contextmanager
    def submission(self) -> Iterator[None]:
        """Held while one is judged."""
        with self._change:
            self._submissions += 1
            self._change.notify_all()
        try:
            yield
        finally:
            with self._change:
                self._submissions -= 1
            self._top_up_later()

    def run(
        self,
        request: dict[str, object],
        arguments: int,
        budget: Limits,
        wanted: Limits,
        cancelled: Callable[[], bool],
        news: News,
    ) -> Outcome:
        """One call in a fresh child, which is dead at the return. Raises SetupError if no child can be had."""
        ready = self._take(wanted)
        try:
            ready.child.adopt(wanted)
            return ready.child.run(request, arguments, budget, cancelled, news)
        finally:
            self.chores.do(lambda: self._drop(ready))

    def _take(self, limits: Limits) -> Ready:
        """A spare with these limits, or a new child."""
        with self._change:
            self._wanted = limits
            found, dead = self._pick(limits)
        for spare in dead:
            self._drop(spare)
        self._top_up_later()
        return found or self._prepare(limits)

    def _pick(self, limits: Limits) -> tuple[Ready | None, list[Ready]]:
        """The oldest living spare that fits, and the dead ones found on the way."""
        dead = [spare for spare in self._ready if not spare.alive()]
        for spare in dead:
            self._ready.remove(spare)
        found = next((spare for spare in self._ready if spare.child.fits(limits)), None)
        if found:
            self._ready.remove(found)
        return found, dead

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
            meter, share = (GpuMeter(meter, self.gpu), self.gpu.share()) if self.gpu else (meter, 0.0)
            by_groups = self.hierarchies is not None
            child = Child.prepare(zygote, limits, meter, isolated=self.isolated, cgroups=by_groups, cuda_share=share)
        except BaseException:
            self.keeper.release(zygote)
            raise
        return Ready(child, zygote)

    def _top_up_later(self) -> None:
        with self._change:
            if self._topping_up or not self._short():
                return
            self._topping_up = True
        self.chores.do(self._top_up)

    def _short(self) -> bool:
        """Whether a spare is due. The lock is held."""
        if self._closed or self._wanted is None:
            return False
        fitting = sum(spare.child.fits(self._wanted) for spare in self._ready)
        return fitting < (min(self.spares, self._submissions) or self.spares)

    def _top_up(self) -> None:
        """Make spares while they are due. One that can't be had is no harm: the call that needs it says why."""
        with self._change:
            self._change.wait_for(lambda: self._submissions or self._closed, QUIET_S)
        try:
            while limits := self._due():
                self._add(self._prepare(limits))
        except (channel.ClosedError, SetupError, BootError, OSError) as error:
            log.warning("no_spare_child", error=str(error))
            with self._change:
                self._topping_up = False

    def _due(self) -> Limits | None:
        with self._change:
            self._topping_up = self._short()
            return self._wanted if self._topping_up else None

    def _add(self, ready: Ready) -> None:
        """Keep a spare; with too many, the oldest of those that nobody asked for lately goes."""
        surplus: Ready | None = None
        with self._change:
            self._ready.append(ready)
            if ready.zygote.retired:
                surplus = self._ready.pop()
            elif len(self._ready) > self.spares or self._closed:
                others = (spare for spare in self._ready if not spare.child.fits(ready.child.limits))
                surplus = next(others, self._ready[0])
                self._ready.remove(surplus)
        if surplus:
            self._drop(surplus)

    def drop_worn(self) -> None:
        """Spares of a zygote that was replaced would keep it in memory for as long as nobody submits."""
        with self._change:
            worn = [spare for spare in self._ready if spare.zygote.retired]
            for spare in worn:
                self._ready.remove(spare)
        for spare in worn:
            self.chores.do(partial(self._drop, spare))
        self._top_up_later()

    def _drop(self, ready: Ready) -> None:
        try:
            ready.child.discard()
        finally:
            self.keeper.release(ready.zygote)

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify_all()
        self.chores.settle()
        while self._ready:
            self._drop(self._ready.popleft())
