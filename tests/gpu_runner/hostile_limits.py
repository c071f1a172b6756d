"""Submissions that use more than they may, or die in every way there is."""

from __future__ import annotations

from tests.gpu_runner.attack import Attack

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
