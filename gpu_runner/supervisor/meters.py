"""How a child's use is counted and bounded from outside: by its cgroup, or else by summing over its process tree."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import psutil

from gpu_runner.supervisor.cgroups import MB, Counts, Group

if TYPE_CHECKING:
    from gpu_runner.protocol import Limits
    from gpu_runner.supervisor.cgroups import Hierarchies

KEEPER = 1  # processes of ours in every child's tree


class Meter(Protocol):
    """Attached to a child before it runs anything of a learner's."""

    def attach(self, pid: int) -> None: ...
    def limit(self, limits: Limits) -> None: ...
    def begin(self) -> None: ...
    def read(self) -> Counts: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class CgroupMeter:
    """Exact, and enforced by the kernel."""

    group: Group
    _cpu_before_s: float = 0.0
    _peak: int = 0

    @classmethod
    def create(cls, hierarchies: Hierarchies, limits: Limits) -> CgroupMeter:
        meter = cls(Group(hierarchies))
        meter.group.create()
        meter.limit(limits)
        return meter

    def limit(self, limits: Limits) -> None:
        self.group.limit(limits.memory_mb, limits.processes + KEEPER)

    def attach(self, pid: int) -> None:
        self.group.add(pid)

    def begin(self) -> None:
        """Count from here: setting up the jail is not the learner's CPU time."""
        self._cpu_before_s = self.group.counts().cpu_s

    def read(self) -> Counts:
        counts = self.group.counts()
        counts.cpu_s -= self._cpu_before_s
        self._peak = counts.peak = max(counts.peak, counts.memory, self._peak)  # older kernels keep no peak of v2
        return counts

    def kill(self) -> None:
        self.group.kill()

    def close(self) -> None:
        self.group.remove()


@dataclass(slots=True)
class TreeMeter:
    """Without cgroups: proportional memory and CPU time summed over the tree each time it is read.

    Short-lived processes may be missed between two readings; that is why this level is for one's own code only.
    """

    _root: psutil.Process | None = None
    _memory_before: int = 0
    _seen: Counts = field(default_factory=Counts)
    _cpu_s: dict[int, float] = field(default_factory=dict)
    _cpu_before_s: float = 0.0

    def attach(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def limit(self, limits: Limits) -> None:
        """Nothing to set: readings are compared with the limits."""

    def begin(self) -> None:
        counts = self._sample()
        self._memory_before, self._cpu_before_s = counts.memory, counts.cpu_s
        self._seen = Counts()

    def read(self) -> Counts:
        counts = self._sample()
        self._seen.memory = max(0, counts.memory - self._memory_before)
        self._seen.peak = max(self._seen.peak, self._seen.memory)
        self._seen.cpu_s = max(self._seen.cpu_s, counts.cpu_s - self._cpu_before_s)
        self._seen.tasks = max(self._seen.tasks, counts.tasks)
        return self._seen

    def _sample(self) -> Counts:
        memory = tasks = 0
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                tasks += process.num_threads()
                memory += process.memory_full_info().pss
                times = process.cpu_times()
                self._cpu_s[process.pid] = times.user + times.system
        return Counts(memory=memory, cpu_s=sum(self._cpu_s.values()), tasks=tasks)

    def _tree(self) -> list[psutil.Process]:
        if self._root is None:
            return []
        with contextlib.suppress(psutil.Error):
            return [self._root, *self._root.children(recursive=True)]
        return []

    def kill(self) -> None:
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def close(self) -> None:
        self.kill()


def over_processes(tasks: int, limits: Limits) -> bool:
    """Whether so many processes and threads, the keeper among them, are more than allowed."""
    return tasks > limits.processes + KEEPER


def over_memory(counts: Counts, limits: Limits) -> bool:
    """Whether a reading is over the memory limit; with cgroups the kernel has already acted."""
    return counts.oom_kills > 0 or counts.memory > limits.memory_mb * MB
