"""One disposable child: prepare it in its jail, give it one request, watch it, take its answer, leave nothing."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gpu_runner.protocol import Usage
from gpu_runner.sandbox import channel, memory
from gpu_runner.supervisor.cgroups import MB, Counts
from gpu_runner.supervisor.meters import KEEPER, over_memory, over_processes
from gpu_runner.supervisor.seccomp import MissingLibraryError, compile_filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpu_runner.protocol import Limits
    from gpu_runner.supervisor.meters import Meter
    from gpu_runner.supervisor.news import News
    from gpu_runner.supervisor.zygotes import Zygote

SETUP_PATIENCE_S: Final = 30.0
TICK_S: Final = 0.025
CHUNK: Final = 64 * 1024
COPIED: Final = MB  # bytes; for a larger answer we wait until nobody can write to it any more


class SetupError(RuntimeError):
    """The jail could not be made: our failure and never the learner's."""


def kill(pidfd: int) -> None:
    """Kill a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def end(pidfd: int) -> None:
    """Kill a process, wait until it is gone, and close its descriptor."""
    kill(pidfd)
    select.select([pidfd], [], [], SETUP_PATIENCE_S)
    os.close(pidfd)


@dataclass(slots=True)
class Outcome:
    """Everything that was seen of a child from outside."""

    wall_s: float = 0.0
    counts: Counts = field(default_factory=Counts)
    log: bytes = b""
    stopped_for: str = ""
    exit: int | None = None
    answered: bool = False  # a value was there; with control groups nobody waits for `exit` and `keeper` then
    keeper: dict[str, Any] = field(default_factory=dict)
    result: int = -1

    def usage(self) -> Usage:
        return Usage(
            wall_s=round(self.wall_s, 4), cpu_s=round(self.counts.cpu_s, 4), peak_mb=round(self.counts.peak / MB, 2)
        )


@dataclass(slots=True)
class Child:
    """A prepared child: jailed, limited, waiting for its one request."""

    limits: Limits
    meter: Meter
    control: socket.socket
    log: int
    status: int
    reports: int
    done: int
    pidfd: int = -1
    isolated: bool = True
    cgroups: bool = True

    @classmethod
    def prepare(
        cls,
        zygote: Zygote,
        limits: Limits,
        meter: Meter,
        *,
        isolated: bool,
        cgroups: bool,
        cuda_share: float = 0.0,
    ) -> Child:
        """Fork, place into the cgroup, jail. Raises SetupError or channel.ClosedError (the zygote is gone).

        With a `cuda_share`, the child initialises CUDA before it says that it is ready: that part of the card is its.
        """
        ours, theirs = channel.pair()
        ours.settimeout(SETUP_PATIENCE_S)
        pipes = [os.pipe() for _ in ("log", "status", "reports", "done")]
        writable = [end for _, end in pipes]
        log, status, reports, done = (end for end, _ in pipes)
        child = cls(limits, meter, ours, log, status, reports, done, isolated=isolated, cgroups=cgroups)
        try:
            try:
                zygote.fork((theirs.fileno(), *writable), isolate=isolated)
            finally:
                theirs.close()
                for fd in writable:
                    os.close(fd)
            child._set_up(cuda_share, devices=bool(zygote.role.devices))
        except BaseException:
            child.discard()
            raise
        return child

    def _set_up(self, cuda_share: float, *, devices: bool) -> None:
        hello = self._hear("hello")
        self.pidfd = os.pidfd_open(hello.pid)
        self.meter.attach(hello.pid)
        scratch = {"disk_mb": self.limits.disk_mb, "inodes": self.limits.inodes, "cuda_share": cuda_share}
        channel.send(self.control, {**scratch, "filter": self._filter(devices=devices).hex()})
        self._hear("ready")
        os.set_blocking(self.log, False)
        os.set_blocking(self.reports, False)

    def _filter(self, *, devices: bool) -> bytes:
        try:
            return compile_filter(devices=devices)
        except MissingLibraryError:
            if self.isolated:
                raise
            return b""  # unsafe-local says that nothing holds this code

    def _hear(self, expected: str) -> channel.Received:
        try:
            message = channel.receive(self.control)
        except (channel.ClosedError, TimeoutError) as error:
            raise SetupError(f"the sandbox did not come up ({expected}): {error}") from error
        if message.body.get("op") != expected:
            raise SetupError(f"the sandbox could not be set up: {message.body.get('error', message.body)}")
        return message

    def fits(self, limits: Limits) -> bool:
        """Whether `adopt` can give this child these limits: its scratch is mounted already."""
        return (self.limits.disk_mb, self.limits.inodes) == (limits.disk_mb, limits.inodes)

    def adopt(self, limits: Limits) -> None:
        """Put these limits in force instead of those that the child was prepared with."""
        if limits != self.limits:
            self.meter.limit(limits)
            self.limits = limits

    def _rlimits(self) -> dict[str, float | None]:
        processes = self.limits.processes if self.isolated and not self.cgroups else None
        return {"cpu_s": self.limits.cpu_s, "file_mb": self.limits.file_mb, "processes": processes}

    def run(
        self, request: dict[str, Any], arguments: int, budget: Limits, cancelled: Callable[[], bool], news: News
    ) -> Outcome:
        """Hand over the request and watch until it is answered or nothing of the child is left; then kill the rest.

        The caller owns the result, and has to `discard` the child.
        """
        outcome = Outcome(result=memory.capped(self.limits.result_mb * MB))
        try:
            self.meter.begin()
            news.begin_call()
            started = time.monotonic()
            with contextlib.suppress(channel.ClosedError):
                channel.send(self.control, {**request, "rlimits": self._rlimits()}, (arguments, outcome.result))
            self.control.close()
            self._watch(outcome, started, budget, cancelled, news)
            outcome.wall_s = time.monotonic() - started
            final = self.meter.read()
            outcome.counts = final if final.cpu_s >= outcome.counts.cpu_s else outcome.counts
            outcome.counts.tasks = max(outcome.counts.tasks, self._tasks_at_the_end(outcome))
        finally:
            self._kill()
        return outcome

    def _watch(
        self, outcome: Outcome, started: float, budget: Limits, cancelled: Callable[[], bool], news: News
    ) -> None:
        poller = select.poll()
        for fd in (self.log, self.status, self.done, self.pidfd):
            poller.register(fd, select.POLLIN)
        next_reading = started + TICK_S
        while True:
            ready = {fd for fd, _ in poller.poll(TICK_S * 1000)}
            if self.log in ready and not self._read_log(outcome, news):
                poller.unregister(self.log)
            if self.status in ready and not self._read_status(outcome):
                poller.unregister(self.status)
            if self.done in ready:
                poller.unregister(self.done)
                self._take_answer(outcome)
            if self.pidfd in ready:
                self._read_status(outcome)
            if self.pidfd in ready or (outcome.answered and (self.cgroups or outcome.keeper)):
                self._read_log(outcome, news)
                self._read_reports(news)
                return
            now = time.monotonic()
            if not outcome.stopped_for and now >= next_reading:
                next_reading = now + TICK_S
                outcome.stopped_for = self._excess(outcome, now - started, budget, cancelled)
                if outcome.stopped_for:
                    self._kill()
                self._read_reports(news)
                counts = outcome.counts
                news.tick(counts.memory / MB, counts.peak / MB, counts.gpu_mb, counts.gpu_peak_mb)

    def _excess(self, outcome: Outcome, wall_s: float, budget: Limits, cancelled: Callable[[], bool]) -> str:
        """The name of the limit that is exceeded, or nothing."""
        outcome.counts = self.meter.read()
        exceeded = {
            "log": len(outcome.log) > budget.log_kb * 1024,
            "memory": over_memory(outcome.counts, budget),
            "gpu memory": outcome.counts.gpu_over,
            "processes": over_processes(outcome.counts.tasks, budget),
            "cpu": outcome.counts.cpu_s > budget.cpu_s,
            "wall": wall_s > budget.wall_s,
        }
        return next((name for name, over in exceeded.items() if over), "cancelled" if cancelled() else "")

    def _tasks_at_the_end(self, outcome: Outcome) -> int:
        """What the keeper saw outlive the learner's process, and those two; 0 where a control group has counted."""
        left: int = 0 if self.cgroups else outcome.keeper.get("left_running", 0)
        return left + 1 + KEEPER if left else 0

    def _read_log(self, outcome: Outcome, news: News) -> bool:
        """Read what there is, up to one chunk over the limit; False at the end."""
        limit = self.limits.log_kb * 1024
        while len(outcome.log) <= limit:
            try:
                data = os.read(self.log, CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            outcome.log += data
            news.printed(data)
        outcome.stopped_for = outcome.stopped_for or "log"
        self._kill()
        return False

    def _read_reports(self, news: News) -> None:
        """One chunk at each reading of the meters and not whenever there is some: a flood costs no more than that."""
        with contextlib.suppress(BlockingIOError):
            news.reported(os.read(self.reports, CHUNK))

    def _read_status(self, outcome: Outcome) -> bool:
        """The keeper writes its report in one piece; the learner's process has no descriptor for it."""
        if outcome.keeper:
            return False
        data = os.read(self.status, CHUNK)
        if not data:
            return False
        outcome.keeper = json.loads(data)
        outcome.exit = outcome.keeper["exit"]
        return True

    def _take_answer(self, outcome: Outcome) -> None:
        """Copy a small value as it is now. What the process still does matters to nobody, and it is killed next.

        The learner's code can say "done" too: then its answer is what it had written by then.
        """
        if os.read(self.done, 1) != channel.DONE or os.fstat(outcome.result).st_size > COPIED:
            return
        copy = memory.sealed(os.pread(outcome.result, COPIED, 0))
        os.close(outcome.result)
        outcome.result, outcome.answered = copy, True

    def _kill(self) -> None:
        if self.pidfd >= 0:
            kill(self.pidfd)
        self.meter.kill()

    def discard(self) -> None:
        """Kill what is left, wait until it is gone, give back descriptors and the cgroup."""
        self._kill()
        if self.pidfd >= 0:
            end(self.pidfd)
        self.control.close()
        for fd in (self.log, self.status, self.reports, self.done):
            os.close(fd)
        self.meter.close()
