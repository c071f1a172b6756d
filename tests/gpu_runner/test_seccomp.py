"""The filter alone, without any jail around it: calls that the kernel would look at answer "not permitted" at once.

Every call is made with arguments that cannot do anything. Without the filter the kernel says what is wrong with them
(bad address, bad descriptor, invalid), with it nobody looks; so each of these tests fails when its call is allowed.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_runner.supervisor.seccomp import MissingLibraryError, compile_filter
from tests.needs import lacking

ROOT = Path(__file__).parents[2]
LAST_ADDRESS = 2**64 - 4096
DENIED: dict[str, tuple[str, *tuple[int, ...]]] = {
    "a socket": ("socket", 10**4, 10**4, 10**4),
    "a pair of internet sockets": ("socketpair", 2, 1, 0, 0),
    "binding": ("bind", -1, 0, 0),
    "connecting": ("connect", -1, 0, 0),
    "ptrace": ("ptrace", 0x4206, 10**7, 0, 0),
    "io_uring": ("io_uring_setup", 0, LAST_ADDRESS),
    "io_uring's entry": ("io_uring_enter", -1, 0, 0, 0, 0, 0),
    "keyctl": ("keyctl", 10**6, 0, 0),
    "adding a key": ("add_key", LAST_ADDRESS, 0, 0, 0, 0),
    "asking for a key": ("request_key", LAST_ADDRESS, 0, 0, 0),
    "perf": ("perf_event_open", LAST_ADDRESS, 0, -1, -1, 0),
    "userfaultfd": ("userfaultfd", 2**20),
    "bpf": ("bpf", 10**6, LAST_ADDRESS, 8),
    "new namespaces": ("unshare", 0x1),
    "others' namespaces": ("setns", -1, 0),
    "mount": ("mount", LAST_ADDRESS, LAST_ADDRESS, LAST_ADDRESS, 0, 0),
    "the new mount calls": ("fsopen", LAST_ADDRESS, 0),
    "an open tree": ("open_tree", -1, LAST_ADDRESS, 1),
    "moving mounts": ("move_mount", -1, LAST_ADDRESS, -1, LAST_ADDRESS, 0),
    "pivot_root": ("pivot_root", LAST_ADDRESS, LAST_ADDRESS),
    "chroot": ("chroot", LAST_ADDRESS),
    "handles of files": ("open_by_handle_at", -1, LAST_ADDRESS, 0),
    "others' memory": ("process_vm_writev", 10**7, LAST_ADDRESS, 1, LAST_ADDRESS, 1, 0),
    "others' descriptors": ("pidfd_getfd", -1, 0, 0),
    "kernel modules": ("finit_module", -1, LAST_ADDRESS, 0),
    "another kernel": ("kexec_load", 0, 10**6, LAST_ADDRESS, 10**6),
    "swap": ("swapon", LAST_ADDRESS, 0),
    "the clock": ("clock_settime", 10**6, LAST_ADDRESS),
    "System V shared memory": ("shmget", 0, 0, 0o1000),
    "System V messages": ("msgget", 5, 0),
    "message queues": ("mq_open", LAST_ADDRESS, 0, 0, 0),
    "watching files": ("inotify_init1", 2**20),
    "watching the machine": ("fanotify_init", 2**20, 2**20),
    "a filter of one's own": ("seccomp", 10**6, 0, 0),
    "identity": ("setresuid", 0, 0, 0),
    "device nodes": ("mknod", LAST_ADDRESS, 0o60000, 0),
    "memory policy of others": ("move_pages", 10**7, 1, LAST_ADDRESS, LAST_ADDRESS, LAST_ADDRESS, 0),
    "pushing into a terminal": ("ioctl", -1, 0x5412, 0),
    "dropping out of dumpable's way": ("prctl", 4, 5, 0, 0, 0),
}
TRY = """
import ctypes, json, os, sys
sys.path.insert(0, sys.argv[1])
from gpu_runner.sandbox import jail, syscalls
calls = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
program = bytes.fromhex(calls.pop("filter"))
if program:
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    bpf = jail.SockFprog(len(program) // 8, program)
    syscalls.prctl(syscalls.PR_SET_SECCOMP, 2, ctypes.addressof(bpf))
found = {}
for name, (number, *arguments) in calls.items():
    ctypes.set_errno(0)
    libc.syscall(ctypes.c_long(number), *(ctypes.c_ulong(value % 2**64) for value in arguments))
    found[name] = ctypes.get_errno()
os.write(1, json.dumps(found).encode())
os._exit(0)
"""


def numbered(name: str) -> int:
    import pyseccomp  # noqa: PLC0415 - needs the C library

    return int(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name))


def answers(program: bytes) -> dict[str, int]:
    """What each call answers under a filter: its error number."""
    calls = {name: (numbered(call), *arguments) for name, (call, *arguments) in DENIED.items()}
    told = json.dumps({"filter": program.hex(), **calls})
    command = [sys.executable, "-I", "-c", TRY, str(ROOT)]
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def filtered() -> dict[str, int]:
    try:
        return answers(compile_filter())
    except MissingLibraryError as error:
        lacking(str(error))


@pytest.mark.parametrize("name", DENIED)
def test_a_call_outside_the_list_is_refused_unseen(name: str, filtered: dict[str, int]) -> None:
    assert filtered[name] == errno.EPERM


@pytest.mark.skipif(os.geteuid() != 0, reason="the kernel itself refuses an ordinary user some of these")
def test_without_the_filter_the_kernel_would_have_looked_at_nearly_all_of_them(filtered: dict[str, int]) -> None:
    bare = answers(b"")

    assert filtered.keys() == bare.keys()
    assert sum(code == errno.EPERM for code in bare.values()) <= len(DENIED) // 4, bare


def test_nested_namespaces_by_clone_are_refused_and_threads_are_not() -> None:
    """`clone3` hides its flags in memory: it answers ENOSYS, and C libraries fall back to `clone`."""
    script = TRY.replace("found = {}", "import threading; t = threading.Thread(target=int); t.start(); found = {}")
    calls = {"clone": (numbered("clone"), 0x10000000 | 17, 0, 0, 0, 0), "clone3": (numbered("clone3"), 0, 0)}
    told = json.dumps({"filter": compile_filter().hex(), **calls})
    command = [sys.executable, "-I", "-c", script, str(ROOT)]
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"clone": errno.EPERM, "clone3": errno.ENOSYS}
