"""What this machine offers to jobs, found without importing torch and without touching a device."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from gpu_runner.protocol import Host
from gpu_runner.supervisor import cgroups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_runner.gpu.cards import Card

LIMIT_FILES: Final = {"memory": "memory.limit_in_bytes", "": "memory.max"}


def describe_host(card: Card | None = None) -> Host:
    """Device, memory that a job could get at most, and the version of torch that judges."""
    device = f"CPU, {len(os.sched_getaffinity(0))} cores"
    if card is not None:
        device = f"{device}; {card.name}, {card.total_mb} MiB"
    return Host(device=device[:120], memory_mb=memory_mb(), torch=version("torch"))


def memory_mb() -> int:
    """What the machine has, or what the control groups around this process leave of it, in MiB."""
    groups = cgroups.own_groups(Path("/proc/self/cgroup").read_text())
    mounted = cgroups.mounts(Path("/proc/self/mountinfo").read_text())
    limits = [psutil.virtual_memory().total]
    for controller, name in LIMIT_FILES.items():
        if controller in groups and controller in mounted:
            limits += group_limits(mounted[controller].group(groups[controller]), mounted[controller].point, name)
    return min(limits) // cgroups.MB


def group_limits(group: Path, top: Path, name: str) -> Iterator[int]:
    """The limits in force on a group: its own and those of the groups that it lies in, in bytes."""
    for folder in (group, *group.parents):
        if not folder.is_relative_to(top):
            return
        file = folder / name
        if file.exists() and (text := file.read_text().strip()) != "max":
            yield int(text)
