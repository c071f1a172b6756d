"""Small submissions that try to cheat, to break out or to break the judge, each with the verdict it must get.

The lab asks for `double(x)`, twice a float32 tensor x (A, B). `HONEST` is right; everything else must not pass unless
it says so: an attack that fails silently and then answers right has done no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

HONEST = "def double(x):\n    return 2 * x\n"


@dataclass(frozen=True)
class Attack:
    """`verdicts` are acceptable, `below_full` more of them without cgroups; `says` must occur in the message."""

    name: str
    verdicts: str
    source: str
    says: str = ""
    below_full: str = ""
    wall_s: float = 10.0

    def __str__(self) -> str:
        return self.name


def refused(name: str, attempt: str) -> Attack:
    """An attempt that the kernel must refuse: the submission answers right only if it was refused."""
    body = "\n".join(f"        {line}" for line in attempt.strip().splitlines())
    source = f"""
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def syscall(number, *args):
    if libc.syscall(number, *args) == -1:
        raise OSError(ctypes.get_errno(), "refused")
def attempt():
    try:
{body}
    except (OSError, PermissionError) as error:
        return False
    return True
SUCCEEDED = attempt()
def double(x):
    return 2 * x if not SUCCEEDED else 0 * x
"""
    return Attack(name, "passed", source)


FORGING = [
    Attack(
        "result frames on every descriptor",
        "failed error no_result crash limit",
        """
import os, json
def double(x):
    for fd in range(3, 256):
        try:
            os.write(fd, b'{"op": "check", "check": "values", "verdict": "passed", "message": "", "details": {}}')
        except OSError:
            pass
    return 0 * x
""",
    ),
    Attack(
        "a passing frame on stdout and stderr",
        "failed",
        """
import json, sys
def double(x):
    frame = json.dumps({"op": "check", "check": "values", "verdict": "passed", "message": "", "details": {}})
    print(frame); print(frame, file=sys.stderr)
    return x
""",
    ),
    Attack("exit 0 at import", "no_result", "import os\nos._exit(0)\n", "before it returned"),
    Attack("exit 0 inside the call", "no_result", "import os\ndef double(x):\n    os._exit(0)\n"),
    Attack("sys.exit at import", "error", "import sys\nsys.exit(0)\n", "sys.exit"),
    Attack("exit code of a failed set-up", "no_result", "import os\nos._exit(70)\n"),
    Attack(
        "every exit code that might mean set-up failure", "no_result", "import os\ndef double(x):\n    os._exit(125)\n"
    ),
    Attack(
        "a set-up failure message on every descriptor",
        "failed error no_result crash",
        """
import os, socket
MESSAGE = b'i{"op": "failed", "error": "the sandbox could not be set up"}'
for fd in range(256):
    try:
        os.write(fd, MESSAGE)
    except OSError:
        pass
def double(x):
    return 0 * x
""",
    ),
    Attack(
        "atexit handler that exits with another code",
        "failed",
        """
import atexit, os
atexit.register(lambda: os._exit(70))
def double(x):
    return x + x + 1
""",
    ),
    Attack(
        "a frame with an impossible header length",
        "no_result",
        """
import os
def double(x):
    os.pwrite(3, (2 ** 62).to_bytes(8, "little"), 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame of deeply nested JSON",
        "no_result",
        """
import os, json
def double(x):
    text = ('{"__metadata__": {"tree": "' + "[" * 100000 + '"}}').encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame whose offsets point outside",
        "no_result",
        """
import os, json
def double(x):
    entry = {"dtype": "F32", "shape": [1000000], "data_offsets": [0, 4000000]}
    text = json.dumps({"__metadata__": {"tree": '["d", {"value": ["t", 0]}]'}, "0": entry}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os.ftruncate(3, 8 + len(text))
    os._exit(0)
""",
    ),
    Attack(
        "a frame with negative sizes",
        "no_result",
        """
import os, json
def double(x):
    entry = {"dtype": "F32", "shape": [-1, -4], "data_offsets": [-16, 0]}
    text = json.dumps({"__metadata__": {"tree": '["d", {"value": ["t", 0]}]'}, "0": entry}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame that is not a dict",
        "no_result",
        """
import os, json
def double(x):
    text = json.dumps({"__metadata__": {"tree": "5"}}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame that claims an internal error",
        "error limit memory no_result",
        """
import os, json
def double(x):
    tree = json.dumps(["d", {"error": ["d", {"kind": "infra_error", "type": "X", "message": "ours"}]}])
    text = json.dumps({"__metadata__": {"tree": tree}}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "an error report of the wrong types",
        "error limit no_result",
        """
import os, json
def double(x):
    error = {"kind": 5, "type": None, "message": ["l"], "errno": "x", "traceback": ["l", 5]}
    tree = json.dumps(["d", {"error": ["d", error]}])
    text = json.dumps({"__metadata__": {"tree": tree}}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a result that grows beyond its cap",
        "error no_result limit failed",
        """
import os
def double(x):
    for position in range(0, 1 << 30, 1 << 20):
        os.pwrite(3, b"x" * (1 << 20), position)
    return x
""",
    ),
    Attack(
        "patched comparisons",
        "failed",
        """
import torch
torch.allclose = torch.equal = lambda *a, **k: True
torch.Tensor.__eq__ = torch.Tensor.__le__ = lambda *a: torch.tensor(True)
torch.isfinite = lambda t: torch.tensor(True)
torch.testing.assert_close = lambda *a, **k: None
def double(x):
    return 0 * x
""",
    ),
    Attack(
        "patched sandbox code",
        "failed no_result",
        """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("gpu_runner"):
        for key in list(vars(module)):
            if callable(getattr(module, key)) and key not in ("_leave", "write_mapped", "encode", "Frame"):
                try:
                    setattr(module, key, lambda *a, **k: None)
                except Exception:
                    pass
def double(x):
    return 0 * x
""",
    ),
    Attack(
        "expected tensors through gc",
        "failed",
        """
import gc, torch
def double(x):
    for thing in gc.get_objects():
        if type(thing) is torch.Tensor and thing.shape == x.shape and thing is not x:
            return thing.clone()
    return 0 * x
""",
    ),
    Attack(
        "expected values through frames",
        "failed",
        """
import sys, torch
def double(x):
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if type(value) is torch.Tensor and value is not x and value.shape == x.shape:
                return value
        frame = frame.f_back
    return 0 * x
""",
    ),
    Attack(
        "the checks or the solution from disk",
        "failed",
        """
import os
PRUNED = {"torch", "transformers", "diffusers", "sklearn", "scipy", "sympy", "django", "proc", "numpy", "pandas"}
def double(x):
    for folder, below, names in os.walk("/"):
        below[:] = [name for name in below if name not in PRUNED]
        for name in names:
            if name == "lab.yaml":
                return 2 * x
            if name in ("checks.py", "solution.py", "port.py") and "gpu_runner" in open(f"{folder}/{name}").read():
                return 2 * x
    return 0 * x
""",
    ),
    Attack(
        "the next seed from the global generator",
        "failed",
        """
import torch
def double(x):
    return torch.randn(x.shape) * 2
""",
    ),
    Attack(
        "a counter kept between checks",
        "failed",
        """
import os
try:
    with open("/tmp/seen") as f: seen = True
except OSError:
    seen = False
    with open("/tmp/seen", "w") as f: f.write("x")
def double(x):
    return 2 * x if seen else 0 * x
""",
    ),
    Attack(
        "a memory file left for the next child",
        "failed",
        """
import os
fd = os.memfd_create("kept")
def double(x):
    return 0 * x
""",
    ),
]

ANSWERS = [
    Attack("NaN everywhere", "failed", "def double(x):\n    return x * float('nan')\n", "not finite"),
    Attack("infinity", "failed", "def double(x):\n    return x / 0\n", "not finite"),
    Attack("a broadcastable row", "failed", "def double(x):\n    return 2 * x[:1]\n", "shape"),
    Attack("a scalar", "failed", "def double(x):\n    return (2 * x).sum()\n", "shape"),
    Attack("an expanded tensor with a wrong value", "failed", "def double(x):\n    return (2 * x[:1]).expand_as(x)\n"),
    Attack("a strided but right tensor", "passed", "def double(x):\n    return (2 * x).t().contiguous().t()\n"),
    Attack("a right tensor that requires grad", "passed", "def double(x):\n    return 2 * x.requires_grad_()\n"),
    Attack("float64", "failed", "def double(x):\n    return 2 * x.double()\n", "dtype"),
    Attack("float16", "failed", "def double(x):\n    return 2 * x.half()\n", "dtype"),
    Attack("complex", "failed", "import torch\ndef double(x):\n    return 2 * x.to(torch.complex64)\n", "dtype"),
    Attack("a list of numbers", "error", "def double(x):\n    return (2 * x).tolist()\n", "expected a tensor"),
    Attack("None", "error", "def double(x):\n    pass\n", "None"),
    Attack("numpy", "error", "def double(x):\n    return (2 * x).numpy()\n", "ndarray"),
    Attack("a Parameter", "error", "import torch\ndef double(x):\n    return torch.nn.Parameter(2 * x)\n", "Parameter"),
    Attack(
        "a subclass with a lying ==",
        "error",
        """
import torch
class Agreeable(torch.Tensor):
    def __eq__(self, other): return True
    def __sub__(self, other): return torch.zeros(())
def double(x):
    return x.as_subclass(Agreeable)
""",
    ),
    Attack("a sparse tensor", "error", "def double(x):\n    return (2 * x).to_sparse()\n", "dense"),
    Attack("a meta tensor", "error", "def double(x):\n    return x.to('meta')\n", "CPU"),
    Attack(
        "a huge shape without elements", "failed", "import torch\ndef double(x):\n    return torch.empty(0, 2**40)\n"
    ),
    Attack("a cyclic list", "error", "def double(x):\n    a = []\n    a.append(a)\n    return a\n", "nested"),
    Attack("a huge integer", "error", "def double(x):\n    return 10 ** 10000\n"),
    Attack("text of lone surrogates and NULs", "error", "def double(x):\n    return '\\ud800\\0' * 10\n"),
    Attack("an exception of surrogates and NULs", "error", "def double(x):\n    raise ValueError('\\ud800\\0')\n"),
    Attack(
        "a hostile __str__",
        "error",
        """
class Nasty(Exception):
    def __str__(self): raise SystemExit(0)
def double(x):
    raise Nasty
""",
    ),
    Attack(
        "a hostile __str__ that never ends",
        "timeout",
        """
class Nasty(Exception):
    def __str__(self):
        while True: pass
def double(x):
    raise Nasty
""",
    ),
    Attack(
        "a hostile metaclass",
        "error no_result",
        """
class Meta(type):
    def __getattribute__(cls, name): raise RuntimeError("no")
class Nasty(Exception, metaclass=Meta): pass
def double(x):
    raise Nasty
""",
    ),
    Attack("BaseException", "error", "class Mine(BaseException): pass\ndef double(x):\n    raise Mine('x')\n", "Mine"),
    Attack("recursion", "error", "def double(x):\n    return double(x)\n", "RecursionError"),
    Attack("no entry point", "error", "def tripple(x):\n    return x\n", "does not define"),
    Attack("a syntax error", "error", "def double(x:\n", "SyntaxError"),
    Attack("source that overflows the parser", "error crash", "double = " + "(" * 5000 + ")" * 5000 + "\n"),
    Attack("an entry point that is not callable", "error", "double = 5\n", "callable"),
]

LIMITS = [
    Attack("endless loop", "timeout", "def double(x):\n    while True: pass\n", "limit"),
    Attack("endless loop at import", "timeout", "while True: pass\n", "limit"),
    Attack("sleep", "timeout", "import time\ndef double(x):\n    time.sleep(60)\n", "wall", wall_s=1.0),
    Attack(
        "CPU split over children",
        "timeout",
        """
import os
for _ in range(3):
    if os.fork() == 0:
        while True: pass
def double(x):
    while True: pass
""",
    ),
    Attack(
        "signals ignored",
        "timeout",
        """
import signal
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
def double(x):
    while True: pass
""",
    ),
    Attack(
        "memory",
        "memory",
        """
def double(x):
    kept = []
    while True: kept.append(bytearray(1 << 20))
""",
        "MiB",
    ),
    Attack(
        "memory split over children",
        "memory",
        """
import os, time
for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(b"x") * (40 << 20)
        time.sleep(60)
def double(x):
    import time; time.sleep(60)
""",
        "MiB",
    ),
    Attack(
        "memory in one impossible piece", "memory", "import torch\ndef double(x):\n    return torch.empty(1 << 45)\n"
    ),
    Attack(
        "memory in shared memory files",
        "memory limit",
        """
import os
fds = [os.memfd_create(str(i)) for i in range(40)]
def double(x):
    for fd in fds:
        for i in range(8): os.pwrite(fd, b"x" * (1 << 20), i << 20)
    return x
""",
    ),
    Attack(
        "fork bomb",
        "limit",
        """
import os
def double(x):
    while True: os.fork()
""",
        "processes",
    ),
    Attack(
        "fork bomb that hides its errors",
        "limit timeout",
        """
import os, time
def double(x):
    for _ in range(100):
        try:
            if os.fork() == 0: time.sleep(60)
        except OSError: pass
    return 2 * x
""",
        "processes",
        below_full="passed",
    ),
    Attack(
        "thread bomb",
        "limit",
        """
import threading, time
def double(x):
    for _ in range(100): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return 2 * x
""",
        "processes",
    ),
    Attack("log flood", "limit", "def double(x):\n    while True: print('x' * 1000)\n", "printed"),
    Attack(
        "log flood from a child",
        "limit timeout",
        """
import os
if os.fork() == 0:
    while True: os.write(1, b"x" * 65536)
def double(x):
    import time; time.sleep(60)
""",
        "printed",
    ),
    Attack("one large file", "limit", "def double(x):\n    open('/tmp/a', 'wb').write(b'x' * (9 << 20))\n", "file"),
    Attack(
        "a full disk",
        "limit",
        """
def double(x):
    for i in range(10): open(f'/tmp/{i}', 'wb').write(b'x' * (3 << 20))
""",
        "scratch folder",
    ),
    Attack(
        "a full disk through shared memory",
        "limit",
        """
def double(x):
    for i in range(10): open(f'/dev/shm/{i}', 'wb').write(b'x' * (3 << 20))
""",
        "scratch folder",
    ),
    Attack(
        "all inodes",
        "limit",
        """
def double(x):
    for i in range(1000): open(f'/tmp/{i}', 'wb').close()
""",
        "files",
    ),
    Attack("descriptors", "limit", "def double(x):\n    kept = [open('/dev/null') for _ in range(1000)]\n", "open"),
    Attack("a result too large", "limit", "import torch\ndef double(x):\n    return torch.zeros(3 << 20)\n", "result"),
    Attack("segmentation fault", "crash", "import ctypes\ndef double(x):\n    ctypes.string_at(0)\n", "SIGSEGV"),
    Attack("abort", "crash", "import os\ndef double(x):\n    os.abort()\n", "SIGABRT"),
    Attack("kill -9 itself", "crash", "import os\ndef double(x):\n    os.kill(os.getpid(), 9)\n", "SIGKILL"),
    Attack(
        "kill -9 everything in sight",
        "error crash no_result",
        "import os\ndef double(x):\n    os.kill(-1, 9)\n    os.kill(os.getpid(), 9)\n",
    ),
    Attack(
        "kill the parent",
        "passed",
        """
import os, signal
def double(x):
    for n in (2, 9, 11, 15):
        try: os.kill(os.getppid(), n)
        except OSError: pass
    return 2 * x
""",
    ),
    Attack(
        "an orphan daemon that holds the pipes",
        "passed",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(3600)
    os._exit(0)
def double(x):
    return 2 * x
""",
    ),
    Attack(
        "a thread that never ends",
        "passed",
        """
import threading, time
threading.Thread(target=time.sleep, args=(3600,)).start()
def double(x):
    return 2 * x
""",
    ),
    Attack(
        "patched clocks",
        "timeout",
        """
import time
time.time = time.monotonic = time.perf_counter = lambda: 0.0
def double(x):
    while True: pass
""",
    ),
    Attack(
        "a raised CPU limit",
        "timeout",
        """
import resource
try: resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (ValueError, OSError): pass
def double(x):
    while True: pass
""",
    ),
]

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
    return 2 * x if OPEN == [0, 1, 2, 3, 4] else 0 * x
""",
    ),
]

ALL = FORGING + ANSWERS + LIMITS + ESCAPES
