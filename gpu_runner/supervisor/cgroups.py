"""Control groups, version 1, 2 and both side by side: one group per child, memory and process limits, exact usage."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PREFIX: Final = "residual-"
LEAF: Final = "residual-main"
MB: Final = 1024 * 1024
ATTEMPTS: Final = 5


class UnavailableError(RuntimeError):
    """Control groups cannot be used here; the message says why."""


@dataclass(frozen=True, slots=True)
class Hierarchies:
    """Where groups can be made. In a hybrid layout v1 limits and v2 (`unified`) kills and counts."""

    memory: Path | None
    pids: Path | None
    cpu: Path | None
    unified: Path | None
    controllers_on_v2: bool

    def roots(self) -> list[Path]:
        found = (self.memory, self.pids, self.cpu, self.unified)
        return list(dict.fromkeys(path for path in found if path))

    @property
    def version(self) -> str:
        return "v2" if self.controllers_on_v2 else "v1 + unified" if self.unified else "v1"


@dataclass(slots=True)
class Counts:
    """What is known of a tree: bytes, seconds, how often a limit was hit; without a group its processes and threads."""

    memory: int = 0
    peak: int = 0
    cpu_s: float = 0.0
    oom_kills: int = 0
    refused_forks: int = 0
    tasks: int = 0
    gpu_mb: float = 0.0
    gpu_peak_mb: float = 0.0
    gpu_cap_mb: int = 0
    gpu_over: bool = False


def own_groups(text: str) -> dict[str, str]:
    """`/proc/self/cgroup` as {controller: path}; version 2 is the empty name."""
    groups: dict[str, str] = {}
    for line in text.splitlines():
        _, names, path = line.split(":", 2)
        groups |= dict.fromkeys(names.split(","), path)
    return groups


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted hierarchy: where it is, and which of its groups is shown there (in a container not the topmost)."""

    point: Path
    root: str

    def group(self, path: str) -> Path:
        """The folder of the group that `/proc/self/cgroup` calls `path`."""
        inside = path.removeprefix(self.root) if self.root != "/" else path
        return self.point / inside.lstrip("/")


def mounts(text: str) -> dict[str, Mount]:
    """`/proc/self/mountinfo` as {controller: mount}; version 2 is the empty name."""
    found: dict[str, Mount] = {}
    for line in text.splitlines():
        ours, _, rest = line.partition(" - ")
        _, _, _, root, where, *_ = ours.split()
        kind, _, options = rest.split(maxsplit=2)
        if kind == "cgroup2":
            found[""] = Mount(Path(where), root)
        elif kind == "cgroup":
            names = [name for name in options.split(",") if name in ("memory", "pids", "cpuacct")]
            found |= dict.fromkeys(names, Mount(Path(where), root))
    return found


def detect() -> Hierarchies:
    """Find hierarchies in which this process may make groups with limits. Raises UnavailableError."""
    groups = own_groups(Path("/proc/self/cgroup").read_text())
    mounted = mounts(Path("/proc/self/mountinfo").read_text())
    here = {name: mounted[name].group(groups[name]) for name in mounted if name in groups}
    if "memory" in here and "pids" in here:
        unified = here.get("")
        usable = unified if unified and _can_create(unified) else None
        for path in (here["memory"], here["pids"]):
            if not _can_create(path):
                raise UnavailableError(f"{path} is not writable for this user")
        cpu = here["cpuacct"] if "cpuacct" in here and _can_create(here["cpuacct"]) else None
        if usable is None and cpu is None:
            raise UnavailableError(
                "neither cgroup v2 nor the cpuacct controller can be used, so CPU time cannot be counted"
            )
        return Hierarchies(here["memory"], here["pids"], None if usable else cpu, usable, controllers_on_v2=False)
    if "" not in here:
        raise UnavailableError("no cgroup file system with the memory and pids controllers is mounted")
    root = delegate(here[""])
    return Hierarchies(root, root, root, root, controllers_on_v2=True)


def _can_create(parent: Path) -> bool:
    probe = parent / f"{PREFIX}{os.getpid()}-probe"
    try:
        probe.mkdir(exist_ok=True)
        probe.rmdir()
    except OSError:
        return False
    return True


def delegate(group: Path) -> Path:
    """Make a v2 group ready for limited children: its processes move to a leaf, then controllers are switched on.

    Raises UnavailableError if the group is not ours (no delegation) or lacks the controllers.
    """
    missing = {"memory", "pids"} - set((group / "cgroup.controllers").read_text().split())
    if missing:
        raise UnavailableError(f"{group} lacks the {' and '.join(sorted(missing))} controller")
    if group.name == LEAF:
        group = group.parent
    if {"memory", "pids"} <= set((group / "cgroup.subtree_control").read_text().split()) and _can_create(group):
        return group
    try:
        _switch_controllers_on(group)
    except OSError as error:
        raise UnavailableError(f"{group} is not delegated to this user ({error.strerror})") from error
    return group


def _switch_controllers_on(group: Path) -> None:
    """Again if a process was born into the group in between: the kernel then answers EBUSY."""
    for attempt in range(ATTEMPTS):
        if (group / "cgroup.type").exists():  # the topmost group has none, and may hold processes beside controllers
            _move_to_leaf(group)
        try:
            (group / "cgroup.subtree_control").write_text("+memory +pids")
        except OSError as error:
            if error.errno != errno.EBUSY or attempt == ATTEMPTS - 1:
                raise
        else:
            return


def _move_to_leaf(group: Path) -> None:
    leaf = group / LEAF
    leaf.mkdir(exist_ok=True)
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            (leaf / "cgroup.procs").write_text(pid)


def sweep(hierarchies: Hierarchies) -> None:
    """Remove groups that a killed supervisor left behind, with whatever still runs in them."""
    for root in hierarchies.roots():
        for group in root.glob(f"{PREFIX}[0-9]*"):
            if not Path("/proc", group.name.split("-")[1]).exists():
                remove(group)


def remove(group: Path, patience_s: float = 2.0) -> None:
    """Kill what is in a group and remove it; raises OSError if it stays busy."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            _kill(group)
            time.sleep(0.002)
        else:
            return


def _kill(group: Path) -> None:
    with contextlib.suppress(OSError):
        (group / "cgroup.kill").write_text("1")
        return
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), 9)


_serial = itertools.count(1)


@dataclass(slots=True)
class Group:
    """One child's groups in every hierarchy."""

    where: Hierarchies
    name: str = field(default_factory=lambda: f"{PREFIX}{os.getpid()}-{next(_serial)}")
    created: list[Path] = field(default_factory=list)

    def create(self) -> None:
        for root in self.where.roots():
            (root / self.name).mkdir()
            self.created.append(root / self.name)

    def limit(self, memory_mb: int, processes: int) -> None:
        """Set or change the limits."""
        memory, pids = self._in(self.where.memory), self._in(self.where.pids)
        (pids / "pids.max").write_text(str(processes))
        if self.where.controllers_on_v2:
            (memory / "memory.max").write_text(str(memory_mb * MB))
            _write_if_there(memory / "memory.swap.max", "0")
            _write_if_there(memory / "memory.oom.group", "1")
        else:
            _write_if_there(memory / "memory.memsw.limit_in_bytes", "-1")  # the kernel wants it above the other always
            (memory / "memory.limit_in_bytes").write_text(str(memory_mb * MB))
            _write_if_there(memory / "memory.memsw.limit_in_bytes", str(memory_mb * MB))

    def add(self, pid: int) -> None:
        for group in self.created:
            (group / "cgroup.procs").write_text(str(pid))

    def counts(self) -> Counts:
        memory, pids = self._in(self.where.memory), self._in(self.where.pids)
        found = Counts(cpu_s=self._cpu_s(), refused_forks=_value(pids / "pids.events", "max"))
        if self.where.controllers_on_v2:
            found.memory = int((memory / "memory.current").read_text())
            found.peak = _number(memory / "memory.peak")
            found.oom_kills = _value(memory / "memory.events", "oom_kill")
        else:
            found.memory = int((memory / "memory.usage_in_bytes").read_text())
            found.peak = int((memory / "memory.max_usage_in_bytes").read_text())
            found.oom_kills = _value(memory / "memory.oom_control", "oom_kill")
        return found

    def _cpu_s(self) -> float:
        if self.where.unified:
            return _value(self.where.unified / self.name / "cpu.stat", "usage_usec") / 1e6
        return _number(self._in(self.where.cpu) / "cpuacct.usage") / 1e9

    def kill(self) -> None:
        for group in self.created:
            _kill(group)

    def remove(self) -> None:
        while self.created:
            remove(self.created[-1])
            self.created.pop()

    def _in(self, root: Path | None) -> Path:
        assert root is not None, "detect() never returns a hierarchy without this controller"  # noqa: S101 - an invariant
        return root / self.name


def _write_if_there(path: Path, text: str) -> None:
    if path.exists():
        path.write_text(text)


def _number(path: Path) -> int:
    return int(path.read_text()) if path.exists() else 0


def _value(path: Path, key: str) -> int:
    for line in path.read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return int(value)
    return 0
