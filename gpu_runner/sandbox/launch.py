"""Start a zygote: build a root that holds only Python and its libraries, give up every privilege, exec the interpreter.

Runs with `python -I -S`, so it imports the standard library and its neighbours only. As root it makes the namespaces
directly and ends as an unprivileged uid; as an ordinary user it enters a user namespace first.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gpu_runner.sandbox import syscalls

CODE_ROOT: Final = "/residual-code"  # a name that no environment lies under
STAGES: Final = ("/mnt", "/srv", "/media", "/opt", "/tmp", "/run", "/home")  # noqa: S108 - hidden under a mount of ours
DEVICES: Final = ("null", "zero", "full", "random", "urandom")
SYSTEM_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
ENVIRONMENT: Final = {
    "HOME": "/tmp",  # noqa: S108 - the child's own scratch
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}
_SYS_MOUNT_SETATTR: Final = 442  # the same on every architecture
_AT_RECURSIVE: Final = 0x8000
_READ_ONLY: Final = 0x1 | 0x2 | 0x4  # MOUNT_ATTR_RDONLY, NOSUID, NODEV


@dataclass(frozen=True, slots=True)
class Plan:
    """What a zygote is started with; travels as JSON in argv."""

    channel: int
    python: str
    paths: list[str]
    code: dict[str, str]
    hidden: list[str]
    serve: str
    preload: list[str]
    uid: int
    jailed: bool
    devices: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        return {**ENVIRONMENT, "PATH": "", **self.environment}

    def command(self) -> list[str]:
        root = CODE_ROOT if self.jailed else str(Path(__file__).parents[2])
        start = (
            f"import sys; sys.path.insert(0, {root!r}); from gpu_runner.sandbox.zygote import main; main(sys.argv[1:])"
        )
        return [self.python, "-I", "-c", start, str(self.channel), self.serve, str(int(self.jailed)), *self.preload]


def make_read_only(path: str, *, recursive: bool) -> None:
    """Make the mount at `path` read-only without setuid and devices, keeping flags that a user namespace has locked."""
    attributes = ctypes.create_string_buffer(struct.pack("<4Q", _READ_ONLY, 0, 0, 0), 32)
    libc = ctypes.CDLL(None, use_errno=True)
    flags = _AT_RECURSIVE if recursive else 0
    if libc.syscall(_SYS_MOUNT_SETATTR, -100, path.encode(), flags, attributes, 32) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount_setattr {path}: {os.strerror(code)} (Linux 5.12 or newer is needed)")


def bind(source: Path, target: Path, *, read_only: bool = True) -> None:
    """Show `source` at `target` of the new root."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    syscalls.mount(str(source), str(target), "", syscalls.MS_BIND | syscalls.MS_REC)
    if read_only:
        make_read_only(str(target), recursive=True)


def build_root(plan: Plan, root: Path) -> None:
    """Mount everything that the interpreter may see below `root`."""
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("root", str(root), "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=1m,mode=755")
    _mount_import_scratch(root / "tmp")
    for path in plan.paths:
        _show(Path(path), root)
    for source, target in plan.code.items():
        bind(Path(source), root / CODE_ROOT[1:] / target)
    for path in plan.hidden:
        syscalls.mount("hidden", str(root / path[1:]), "tmpfs", syscalls.MS_RDONLY | syscalls.MS_NODEV, "size=4k")
    for device in DEVICES:
        bind(Path("/dev", device), root / "dev" / device, read_only=False)
    for node in plan.devices:
        bind(Path(node), root / node[1:], read_only=False)
    for folder in ("dev/shm", "proc", "tmp", "etc"):
        (root / folder).mkdir(exist_ok=True)
    _write_etc(root / "etc")
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("proc", str(root / "proc"), "proc", flags)


def _mount_import_scratch(folder: Path) -> None:
    """Some libraries insist on writing while they are imported. A learner's own scratch covers it in every child."""
    folder.mkdir()
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("imports", str(folder), "tmpfs", flags, "size=1m,mode=1777")


def _show(path: Path, root: Path) -> None:
    target = root / str(path)[1:]
    if target.exists():
        return
    if path.is_symlink() and str(path) in SYSTEM_LIBRARIES:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path.readlink())
    else:
        bind(path, target)


def _write_etc(etc: Path) -> None:
    (etc / "passwd").write_text("learner:x:1000:1000:learner:/tmp:/bin/false\n")
    (etc / "group").write_text("learner:x:1000:\n")
    cache = Path("/etc/ld.so.cache")
    if cache.exists():
        (etc / "ld.so.cache").write_bytes(cache.read_bytes())


def stage(plan: Plan) -> Path:
    """A folder to mount the new root on; it hides what is below it, so nothing that we need may be there."""
    needed = [Path(path).resolve() for path in (*plan.paths, *plan.code)]
    for candidate in map(Path, STAGES):
        if candidate.is_dir() and not any(path.is_relative_to(candidate.resolve()) for path in needed):
            return candidate
    raise FileNotFoundError(f"none of {', '.join(STAGES)} is a folder that Python and this package are outside of")


def enter(root: Path) -> None:
    """Make `root` the root of this mount namespace and forget the old one."""
    os.chdir(root)
    syscalls.pivot_root(".", ".")
    syscalls.unmount(".")
    make_read_only("/", recursive=False)
    os.chdir("/")


def map_identity(uid: int, gid: int, inside: int) -> None:
    """Give this user namespace one user and one group."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1")


def become_unprivileged(uid: int) -> None:
    """Leave root for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def assert_readable(plan: Plan) -> None:
    """Raise PermissionError with the remedy if the zygote's user cannot read its own interpreter and code."""
    code = [f"{CODE_ROOT}/{target}" for target in plan.code.values()]
    for shown, source in zip([plan.python, *code], [sys.prefix, *plan.code], strict=True):
        if not os.access(shown, os.R_OK):
            raise PermissionError(
                f"{source} is readable for root only, and learners' code never runs as root."
                f" To change that: chmod -R a+rX {source}"
            )


def main() -> None:
    """Entry point: `launch PLAN`."""
    plan = Plan(**json.loads(sys.argv[1]))
    os.umask(0o022)  # the new root is for an unprivileged user, whatever our caller's habits
    if not plan.jailed:
        os.execve(plan.python, plan.command(), plan.variables())  # noqa: S606 - an exec is the point
    as_root = os.geteuid() == 0
    if not as_root:
        uid, gid = os.geteuid(), os.getegid()
        syscalls.unshare(syscalls.CLONE_NEWUSER)
        map_identity(uid, gid, uid)
    syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS)
    pid = syscalls.fork_into(syscalls.CLONE_NEWPID)
    if pid:
        os.close(plan.channel)
        os.waitpid(pid, 0)
        return
    root = stage(plan)
    build_root(plan, root)
    enter(root)
    syscalls.set_hostname("residual")
    if as_root:
        become_unprivileged(plan.uid)
    assert_readable(plan)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    os.execve(plan.python, plan.command(), plan.variables())  # noqa: S606 - an exec is the point
