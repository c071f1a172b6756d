"""System calls that Python 3.11 does not offer, by ctypes. Every function raises OSError on failure."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWCGROUP: Final = 0x02000000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_RDONLY: Final = 0x1
MS_NOSUID: Final = 0x2
MS_NODEV: Final = 0x4
MS_NOEXEC: Final = 0x8
MS_REMOUNT: Final = 0x20
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000
MNT_DETACH: Final = 0x2

PR_SET_DUMPABLE: Final = 4
PR_SET_SECCOMP: Final = 22
PR_CAPBSET_DROP: Final = 24
PR_SET_SECUREBITS: Final = 28
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
SECBIT_NO_ROOT_LOCKED: Final = 0x2F  # NOROOT, NO_SETUID_FIXUP and KEEP_CAPS_LOCKED with their locks

_SYS_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_SYS_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_SYS_CAPSET: Final = {"x86_64": 126, "aarch64": 91}
_CAP_VERSION_3: Final = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)
# PyDLL keeps the interpreter lock across the call, which a fork must.
_libc_locked = ctypes.PyDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def _number(table: dict[str, int]) -> int:
    machine = os.uname().machine
    if machine not in table:
        raise OSError(f"the sandbox knows no system call numbers for {machine}")
    return table[machine]


def unshare(flags: int) -> None:
    """Move the calling process into new namespaces."""
    _checked(_libc.unshare(flags), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount `source` at `target`."""
    result = _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _checked(result, f"mount {kind or source} at {target}")


def unmount(target: str) -> None:
    """Detach the mount at `target`."""
    _checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str, put_old: str) -> None:
    """Make `new_root` the root of this mount namespace."""
    result = _libc.syscall(_number(_SYS_PIVOT_ROOT), new_root.encode(), put_old.encode())
    _checked(result, f"pivot_root to {new_root}")


def prctl(option: int, value: int = 0, extra: int = 0) -> None:
    """Set an attribute of the calling process."""
    arguments = [ctypes.c_ulong(n) for n in (value, extra, 0, 0)]
    _checked(_libc.prctl(option, *arguments), f"prctl({option}, {value})")


def set_hostname(name: str) -> None:
    """Name the UTS namespace."""
    _checked(_libc.sethostname(name.encode(), len(name)), "sethostname")


def drop_capabilities() -> None:
    """Give up every capability, for good: bounding, ambient, permitted, effective and inheritable set."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # past the last capability this kernel knows
    prctl(PR_SET_SECUREBITS, SECBIT_NO_ROOT_LOCKED)
    clear_capabilities()


def clear_capabilities() -> None:
    """Clear the ambient, permitted, effective and inheritable sets."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(struct.pack("<Ii", _CAP_VERSION_3, 0))
    _checked(_libc.syscall(_number(_SYS_CAPSET), header, ctypes.create_string_buffer(24)), "capset")


def fork_into(flags: int) -> int:
    """Fork into new namespaces; the child is process 1 of a new pid namespace if CLONE_NEWPID is among `flags`.

    `os.fork` cannot do this and unshare(CLONE_NEWPID) would cost a second fork of a large process. The caller must be
    single-threaded, or a lock held by another thread would stay locked in the child.
    """
    ctypes.pythonapi.PyOS_BeforeFork()
    nothing = ctypes.c_ulong(0)
    arguments = [ctypes.c_ulong(flags | signal.SIGCHLD), nothing, nothing, nothing, nothing]
    pid = int(_libc_locked.syscall(_number(_SYS_CLONE), *arguments))
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    code = ctypes.get_errno()
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(code, f"clone({flags:#x}): {os.strerror(code)}")
    return pid
