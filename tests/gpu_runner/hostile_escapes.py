"""Submissions that reach for what is outside the jail."""

from __future__ import annotations

from tests.gpu_runner.attack import Attack, refused

ESCAPES = [
    refused("an internet socket", "socket.socket(socket.AF_INET, socket.SOCK_STREAM)"),
    refused("a unix socket", "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)"),
    refused("an abstract socket", "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind('\\0residual')"),
    refused("a netlink socket", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"),
    refused("ptrace", "syscall(101, 16, os.getppid(), 0, 0)"),
    refused("io_uring", "syscall(425, 8, ctypes.create_string_buffer(120))"),
    refused("keyctl", "syscall(250, 0, -3, 1)"),
    refused("add_key", "syscall(248, b'user', b'a', b'b', 1, -3)"),
    refused("perf_event_open", "syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0)"),
    refused("userfaultfd", "syscall(323, 0)"),
    refused("bpf", "syscall(321, 0, 0, 0)"),
    refused("a nested user namespace by unshare", "syscall(272, 0x10000000)"),
    refused("a nested user namespace by clone", "syscall(56, 0x10000000 | 17, 0, 0, 0, 0)"),
    refused(
        "a nested user namespace by clone3",
        "syscall(435, ctypes.create_string_buffer((0x10000000).to_bytes(8, 'little'), 88), 88)",
    ),
    refused("setns", "syscall(308, os.open('/proc/1/ns/mnt', 0), 0)"),
    refused("mount", "syscall(165, b'x', b'/tmp', b'tmpfs', 0, 0)"),
    refused("unmounting the scratch", "syscall(166, b'/tmp', 2)"),
    refused("chroot", "os.chroot('/tmp')"),
    refused("process_vm_readv", "syscall(310, 1, 0, 0, 0, 0, 0)"),
    refused("open_by_handle_at", "syscall(304, -100, 0, 0)"),
    refused("personality", "syscall(135, 0x0040000)"),
    refused("setuid to root", "os.setuid(0)"),
    refused("a device node", "os.mknod('/tmp/sda', 0o60600, os.makedev(8, 0))"),
    refused("writing to the root", "open('/etc/passwd', 'a')"),
    refused("writing to the environment", "import torch\nopen(torch.__file__, 'a')"),
    refused("writing to /proc/sys", "open('/proc/sys/kernel/core_pattern', 'w')"),
    refused("writing to the root folder", "os.mkdir('/x')"),
    refused("the keeper's memory", "open('/proc/1/mem', 'rb')"),
    refused("the keeper's descriptors", "os.listdir('/proc/1/fd')"),
    refused("the keeper's root", "os.listdir('/proc/1/root/')"),
    refused(
        "running a program from scratch",
        "open('/tmp/p', 'w').write('#!/bin/sh')\nos.chmod('/tmp/p', 0o755)\nos.execv('/tmp/p', ['p'])",
    ),
    refused("a shell", "os.execv('/bin/sh', ['sh'])"),
    refused("the terminal", "open('/dev/tty')"),
    refused("pushing characters into a terminal", "import fcntl\nfcntl.ioctl(0, 0x5412, b'x')"),
    refused("System V shared memory", "syscall(29, 0, 4096, 0o1600)"),
    refused("a message queue", "syscall(240, b'/q', 0o102, 0o600, 0)"),
    refused("kernel log", "syscall(103, 3, ctypes.create_string_buffer(10), 10)"),
    Attack(
        "host files and other learners' files",
        "passed",
        """
import os
HOST = ("/home/lost+found", "/root/.ssh", "/var", "/etc/shadow", "/etc/hostname", "/sys/fs", "/mnt", "/bin/sh")
SEEN = [p for p in HOST if os.path.exists(p)]
def double(x):
    return 2 * x if not SEEN else 0 * x
""",
    ),
    Attack(
        "mounts that can be written to",
        "passed",
        """
MOUNTS = [line.split() for line in open("/proc/self/mounts")]
DEVICES = {"/dev/" + name for name in ("null", "zero", "full", "random", "urandom")}
WRITABLE = {m[1] for m in MOUNTS if "ro" not in m[3].split(",")} - {"/tmp", "/dev/shm", "/proc"} - DEVICES
def double(x):
    print(WRITABLE)
    return 2 * x if not WRITABLE else 0 * x
""",
    ),
    Attack(
        "the environment",
        "passed",
        """
import os
SEEN = [k for k in os.environ if k not in ("HOME", "LANG", "OMP_NUM_THREADS")]
RAW = open("/proc/self/environ").read()
def double(x):
    return 2 * x if not SEEN and "_TOKEN=" not in RAW and "SECRET" not in RAW and "PATH=/" not in RAW else 0 * x
""",
    ),
    Attack(
        "other processes",
        "passed",
        """
import os
PIDS = [int(p) for p in os.listdir("/proc") if p.isdigit()]
def double(x):
    return 2 * x if len(PIDS) <= 2 and os.getpid() <= 2 else 0 * x
""",
    ),
    Attack(
        "capabilities and privileges",
        "passed",
        """
STATUS = dict(line.split(":", 1) for line in open("/proc/self/status"))
import os
GOOD = (all(int(STATUS[k], 16) == 0 for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
        and STATUS["NoNewPrivs"].strip() == "1" and STATUS["Seccomp"].strip() == "2" and os.getuid() != 0)
def double(x):
    return 2 * x if GOOD else 0 * x
""",
    ),
    Attack(
        "network interfaces",
        "passed",
        """
NAMES = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
def double(x):
    return 2 * x if NAMES in ([], ["lo"]) else 0 * x
""",
    ),
    Attack(
        "the host's name and cgroup",
        "passed",
        """
import socket
CGROUPS = [line.strip().split(":", 2)[2] for line in open("/proc/self/cgroup")]
def double(x):
    return 2 * x if socket.gethostname() == "residual" and not any("residual-" in c for c in CGROUPS) else 0 * x
""",
    ),
    Attack(
        "inherited descriptors",
        "passed",
        """
import os
OPEN = sorted(int(n) for n in os.listdir("/proc/self/fd"))[:-1]
def double(x):
    return 2 * x if OPEN == [0, 1, 2, 3, 4, 5] else 0 * x
""",
    ),
]
