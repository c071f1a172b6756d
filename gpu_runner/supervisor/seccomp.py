"""The system calls a learner's process may make; everything else answers "operation not permitted".

Compiled once by libseccomp in the supervisor and installed raw in each child, which has no library to load.
"""

from __future__ import annotations

import errno
import functools
import socket
import tempfile
from typing import Any, Final

ALLOWED: Final = tuple(
    name
    for line in """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat openat2 creat close close_range
stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 poll ppoll select pselect6 lseek mmap
mprotect munmap mremap madvise msync mincore brk memfd_create mlock munlock rt_sigaction rt_sigprocmask rt_sigreturn
rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigqueueinfo sigaltstack pipe pipe2 dup dup2 dup3 fcntl flock fsync
fdatasync truncate ftruncate fallocate fadvise64 readahead getdents getdents64 getcwd chdir fchdir rename renameat
renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink readlinkat chmod fchmod
fchmodat umask utime utimes utimensat futimesat nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday
time times getrusage getrlimit setrlimit prlimit64 sysinfo uname getpid gettid getppid getpgid getpgrp getsid setsid
setpgid getuid geteuid getgid getegid getresuid getresgid getgroups getpriority setpriority sched_yield
sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min
getcpu fork vfork execve execveat wait4 waitid exit exit_group kill tkill tgkill futex futex_waitv set_robust_list
get_robust_list set_tid_address rseq membarrier arch_prctl epoll_create epoll_create1 epoll_ctl epoll_wait
epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd4 timerfd_create timerfd_settime timerfd_gettime timer_create
timer_settime timer_gettime timer_getoverrun timer_delete setitimer getitimer alarm pause getrandom sendfile splice
tee copy_file_range capget sendmsg recvmsg sendto recvfrom shutdown restart_syscall
""".strip().splitlines()
    for name in line.split()
)

NAMESPACE_FLAGS: Final = 0x7E020080  # every CLONE_NEW* flag, time namespaces included
TERMINAL_QUERIES: Final = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # TCGETS, TIOCGWINSZ, FIO{NREAD,NBIO,NCLEX,CLEX}
HARMLESS_PRCTL: Final = (1, 2, 3, 15, 16, 21, 23, 39, 0x53564D41)  # pdeathsig, dumpable?, name, queries, name a mapping


NVIDIA_IOCTLS: Final = 0x4600  # _IOC_TYPE 'F', in bits 8 to 15: all calls of nvidiactl and of the cards
UVM_IOCTLS: Final = (
    0x30000001,
    0x30000002,
)  # UVM_INITIALIZE and UVM_DEINITIALIZE; its other calls are plain small numbers
UVM_LAST: Final = 0xFF


class MissingLibraryError(RuntimeError):
    """libseccomp is not installed."""


@functools.cache
def compile_filter(*, devices: bool = False) -> bytes:
    """The filter as BPF instructions (8 bytes each). Raises MissingLibraryError without libseccomp.

    With `devices`, the control calls of NVIDIA's driver too: a filter sees their numbers and not the file they go to.
    """
    try:
        import pyseccomp  # noqa: PLC0415 - needs the C library, whose absence must be a message and not an import error
    except RuntimeError as error:
        raise MissingLibraryError("libseccomp is missing; install it (Debian: apt install libseccomp2)") from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        _allow(pyseccomp, rules, name)
    _allow(pyseccomp, rules, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, NAMESPACE_FLAGS, 0))
    _allow(pyseccomp, rules, "socketpair", pyseccomp.Arg(0, pyseccomp.EQ, socket.AF_UNIX))
    for request in TERMINAL_QUERIES:
        _allow(pyseccomp, rules, "ioctl", pyseccomp.Arg(1, pyseccomp.EQ, request))
    if devices:
        _allow(pyseccomp, rules, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFF00, NVIDIA_IOCTLS))
        _allow(pyseccomp, rules, "ioctl", pyseccomp.Arg(1, pyseccomp.LE, UVM_LAST))
        for request in UVM_IOCTLS:
            _allow(pyseccomp, rules, "ioctl", pyseccomp.Arg(1, pyseccomp.EQ, request))
    for option in HARMLESS_PRCTL:
        _allow(pyseccomp, rules, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, option))
    # Its flags lie in memory that a filter cannot read; with ENOSYS the C library falls back to clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    with tempfile.TemporaryFile() as output:
        rules.export_bpf(output)
        output.seek(0)
        return output.read()


def _allow(library: Any, rules: Any, name: str, *arguments: Any) -> None:
    number = library.resolve_syscall(library.Arch.NATIVE, name)
    if number >= 0:  # some calls (open, fork) do not exist on every architecture
        rules.add_rule(library.ALLOW, name, *arguments)
