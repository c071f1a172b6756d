"""Which protections this machine offers, what is missing, and the one command that would add it."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpu_runner.protocol import Level
from gpu_runner.supervisor import cgroups
from gpu_runner.supervisor.seccomp import MissingLibraryError, compile_filter
from gpu_runner.supervisor.zygotes import PACKAGE

if TYPE_CHECKING:
    from gpu_runner.supervisor.cgroups import Hierarchies

PROBE: Final = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from gpu_runner.sandbox import jail, launch, syscalls
uid, gid = os.geteuid(), os.getegid()
if uid == 0:  # as the launcher does it: a /proc of its own, since a container's is masked and may not be mounted anew
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    os.setgroups([]); os.setresgid(64001, 64001, 64001); os.setresuid(64001, 64001, 64001)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
    uid = gid = 64001
pid = syscalls.fork_into(jail.NAMESPACES)
if pid == 0:
    try:
        launch.map_identity(uid, gid, 1000)
        syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
        syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
        syscalls.mount("t", "/tmp", "tmpfs", syscalls.MS_NOSUID)
        launch.make_read_only("/tmp", recursive=True)
    except OSError as error:
        print(error, file=sys.stderr); os._exit(1)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


class NoSandboxError(RuntimeError):
    """Learners' code cannot be held here and running it unheld was not asked for."""

    def __init__(self, missing: list[str], remedies: list[str]) -> None:
        super().__init__("; ".join(missing) + ". To add it: " + "; ".join(remedies))
        self.missing = missing
        self.remedies = remedies


@dataclass(frozen=True, slots=True)
class Found:
    """The level in force and why it is not a higher one."""

    level: Level
    missing: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)
    hierarchies: Hierarchies | None = None


def namespaces_problem() -> str:
    """Try what a jail needs in a throw-away process; the error text, or nothing."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROBE, str(PACKAGE.parent)],
        env={},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["unknown reason"])[-1]


def namespaces_remedy() -> str:
    """The command that most likely lets unprivileged namespaces work here."""
    if Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").exists():
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    if Path("/.dockerenv").exists():
        return "docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …"
    return "sudo sysctl -w user.max_user_namespaces=10000"


def cgroups_remedy() -> str:
    """The command that most likely gives this user control groups."""
    if os.geteuid() == 0:
        return "mount a writable cgroup file system (in Docker: --cgroupns=private and a writable /sys/fs/cgroup)"
    if Path("/run/systemd/system").exists():
        return "systemd-run --user --scope -p Delegate=yes <the same command>"
    return "run the same command as root (the sandbox itself drops to an unprivileged user)"


@functools.cache
def detect_level(*, unsafe_local: bool = False) -> Found:
    """The strongest level this machine offers. Raises NoSandboxError if there is none and none was waived."""
    missing: list[str] = []
    remedies: list[str] = []
    try:
        compile_filter()
        problem = namespaces_problem()
        if problem:
            missing.append(f"namespaces: {problem}")
            remedies.append(namespaces_remedy())
    except MissingLibraryError as error:
        missing.append(f"system call filter: {error}")
        remedies.append("sudo apt install libseccomp2")
    hierarchies: Hierarchies | None = None
    try:
        hierarchies = cgroups.detect()
    except cgroups.UnavailableError as error:
        missing.append(f"control groups: {error}")
        remedies.append(cgroups_remedy())
    jailed = not any(not text.startswith("control groups") for text in missing)
    if jailed and not unsafe_local:
        return Found(Level.FULL if hierarchies else Level.NAMESPACES, missing, remedies, hierarchies)
    if unsafe_local:
        return Found(Level.UNSAFE_LOCAL, missing or ["namespaces: switched off on request"], remedies)
    raise NoSandboxError(missing, remedies)
