"""What a disposable child does to itself before it touches a learner's code.

Process 1 of the new pid namespace (the *keeper*) stays trusted: it prepares mounts, forks the learner's process, waits
for it, reports its exit status and scratch use, and takes everything else in the namespace down by exiting.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
import resource
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gpu_runner.sandbox import channel, syscalls
from gpu_runner.sandbox.launch import map_identity

NAMESPACES: Final = (
    syscalls.CLONE_NEWUSER
    | syscalls.CLONE_NEWPID
    | syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
)
SCRATCH: Final = "/tmp"  # noqa: S108 - a tmpfs of the child's own
INSIDE_UID: Final = 1000
OUTSIDE_IDS: Final = (os.geteuid(), os.getegid())  # as the zygote sees them; a new user namespace no longer can
OPEN_FILES: Final = 256
MB: Final = 1024 * 1024


@functools.cache
def mounts_under_scratch() -> list[str]:
    """Mount points of the zygote's root that the child's scratch would hide: an environment that lives under /tmp."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [point for point in points if point.startswith(f"{SCRATCH}/") and Path(point).is_dir()]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child needs to know to jail itself."""

    disk_mb: int
    inodes: int
    filter: bytes
    cuda_share: float = 0.0  # which part of the one card torch may hand out; 0: CUDA is not touched


class SockFprog(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def enter_namespaces(bounds: Bounds) -> None:
    """Finish the namespaces that `fork_into` began: identity, cgroup view, host name, scratch."""
    map_identity(*OUTSIDE_IDS, INSIDE_UID)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    syscalls.unshare(syscalls.CLONE_NEWCGROUP)
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("proc", "/proc", "proc", flags)
    mount_scratch(bounds, flags)


def mount_scratch(bounds: Bounds, flags: int) -> None:
    """A capped tmpfs for files and shared memory together; what of Python lives under its place is shown again."""
    kept = {path: os.open(path, os.O_PATH) for path in mounts_under_scratch()}
    folders = sum(len(Path(path).relative_to(SCRATCH).parts) for path in kept)
    # one inode is the folder itself, one the folder for shared memory
    options = f"size={bounds.disk_mb}m,nr_inodes={bounds.inodes + 2 + folders},mode=1777"
    syscalls.mount("scratch", SCRATCH, "tmpfs", flags, options)
    shared = Path(SCRATCH, ".shm")
    shared.mkdir(mode=0o777)
    syscalls.mount(str(shared), "/dev/shm", "", syscalls.MS_BIND)  # noqa: S108 - the same capped scratch
    for path, fd in kept.items():
        Path(path).mkdir(parents=True, exist_ok=True)
        syscalls.mount(f"/proc/self/fd/{fd}", path, "", syscalls.MS_BIND | syscalls.MS_REC)
        os.close(fd)


def lock(bounds: Bounds, *, jailed: bool) -> None:
    """No privileges, system call filter: the last step before a request is read."""
    if jailed:
        syscalls.drop_capabilities()
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
    os.chdir(SCRATCH)
    if not bounds.filter:
        return  # unsafe-local on a machine without libseccomp
    program = SockFprog(len(bounds.filter) // 8, bounds.filter)
    syscalls.prctl(syscalls.PR_SET_SECCOMP, 2, ctypes.addressof(program))


def set_limits(cpu_s: float, file_mb: int, processes: int | None) -> None:
    """Per-process resource limits, hard; those over the whole tree are the cgroup's and the supervisor's.

    `processes` is None where a cgroup counts them. Lowering needs no privilege, so this is left until the request says
    by how much: a child is made ready before anybody knows for which lab.
    """
    processor = int(cpu_s) + 2
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: file_mb * MB,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CPU: processor,
        resource.RLIMIT_MEMLOCK: 64 * 1024,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if processes is not None:
        limits[resource.RLIMIT_NPROC] = processes + 2  # the keeper, and one too many, by which it is noticed
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def keep(learner: int, status: int) -> None:
    """Wait for the learner's process, reap orphans, report, and exit; the kernel then kills whatever is left."""
    while True:
        pid, code = os.waitpid(-1, 0)
        if pid == learner:
            break
    space = os.statvfs(SCRATCH)
    report = {
        "exit": os.waitstatus_to_exitcode(code),
        "left_running": tasks_left() if os.getpid() == 1 else 0,
        "disk_free": space.f_bavail * space.f_frsize,
        "disk_used": (space.f_blocks - space.f_bfree) * space.f_frsize,
        "inodes_free": space.f_favail,
        "inodes_used": max(0, space.f_files - space.f_ffree - 2),
    }
    os.write(status, json.dumps(report).encode())
    _kill_orphans()
    os._exit(0)


def tasks_left() -> int:
    """Processes and threads in this pid namespace that outlived the learner's process, zombies included."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may end while we look
            count += sum(1 for _ in (process / "task").iterdir())
    return count - 1  # this one


def _kill_orphans() -> None:
    """Only without a pid namespace: there, nobody else ends what the learner left behind."""
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        os.kill(int(pid), signal.SIGKILL)


def only_these(*keep_open: int) -> None:
    """Close every descriptor but these."""
    low = 0
    for fd in sorted(set(keep_open)):
        if low < fd:  # CPython 3.11 takes an empty range from 0 for "everything"
            os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def await_go(control: socket.socket) -> Bounds:
    """Say hello (the supervisor learns our pid), wait until we are in our cgroup, receive the bounds."""
    channel.send(control, {"op": "hello"})
    message = channel.receive(control)
    body = dict(message.body)
    body["filter"] = bytes.fromhex(body["filter"])
    return Bounds(**body)
