"""Whether anything grows: a thousand runs of good and hostile code, and what the machine holds before, between, after.

Run `python -m benchmarks.soak [--runs 1000]`. Every tenth run is honest; the others fail, crash, loop, sleep, bomb,
flood and fill. Before each row of the table all chores are finished, so what is counted is kept and not in passing.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, fields
from itertools import cycle, islice
from pathlib import Path

import psutil

from gpu_runner.protocol import Limits
from gpu_runner.supervisor import cgroups
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import detect_level
from gpu_runner.supervisor.trial import Submission
from gpu_runner.supervisor.zygotes import ZygoteKeeper

SIDE_BY_SIDE = 2
QUARTERS = 4
LIMITS = Limits(
    wall_s=1.5, cpu_s=1, memory_mb=128, processes=8, file_mb=4, disk_mb=8, inodes=64, log_kb=64, result_mb=8
)
LAB = b"""
id: lab-soak
slug: soak
title: Twice
filename: twice.py
entry_points: [double]
checks:
  - {id: values, title: Twice the input, evidence: computed}
"""
CHECKS = b"""
from gpu_runner.checking import Lab, check

@check("values")
def twice_the_input(lab: Lab) -> None:
    x = lab.normal("A B")
    lab.agrees(lab.call("double", x), lambda x: 2 * x, on=(x,), axes="A B")
"""
HONEST = "def double(x):\n    return 2 * x\n"
MIX = {
    "honest": HONEST,
    "wrong": "def double(x):\n    return 3 * x\n",
    "exception": "def double(x):\n    return 1 / 0\n",
    "crash": "import ctypes\ndef double(x):\n    ctypes.string_at(0)\n",
    "early exit": "import os\nos._exit(0)\n",
    "out of time": "import time\ndef double(x):\n    time.sleep(60)\n",
    "out of CPU time": "def double(x):\n    while True: pass\n",
    "out of memory": "def double(x):\n    kept = []\n    while True: kept.append(bytearray(1 << 22))\n",
    "fork bomb": "import os\ndef double(x):\n    while True: os.fork()\n",
    "thread bomb": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()\n",
    "log flood": "def double(x):\n    while True: print('x' * 1000)\n",
    "full disk": "def double(x):\n    for i in range(9): open(f'/tmp/{i}', 'wb').write(b'x' * (3 << 20))\n",
    "all inodes": "def double(x):\n    for i in range(999): open(f'/tmp/{i}', 'wb').close()\n",
    "daemon": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(99)\n" + HONEST,
    "large answer": "import torch\ndef double(x):\n    return torch.zeros(3 << 20)\n",
}
FILES = {"lab.yaml": LAB, "checks.py": CHECKS}


@dataclass(frozen=True)
class Held:
    """What is held at one moment: MiB (proportional set size), and counts."""

    runner_mb: float
    zygotes_mb: float
    descriptors: int
    threads: int
    processes: int
    cgroups: int
    mounts: int


def keepers(supervisor: Supervisor) -> list[ZygoteKeeper]:
    """Those that hold the checker's and the sandbox' zygote."""
    return [pool.keeper for pool in (supervisor._checkers, supervisor._pool) if pool]


def settle(supervisor: Supervisor) -> None:
    """Wait for chores, and for a worn zygote's successor."""
    for keeper in keepers(supervisor):
        renewal = keeper._renewal
        if renewal is not None:
            renewal.join()
    supervisor.settle()
    gc.collect()


def measure(supervisor: Supervisor) -> Held:
    """All that this process and its children hold, once nothing is going on."""
    settle(supervisor)
    runner = psutil.Process()
    below = runner.children(recursive=True)
    found = detect_level().hierarchies
    ours = f"{cgroups.PREFIX}{os.getpid()}-*"
    return Held(
        runner_mb=round(runner.memory_full_info().pss / 2**20, 1),
        zygotes_mb=round(sum(process.memory_full_info().pss for process in below) / 2**20, 1),
        descriptors=runner.num_fds(),
        threads=runner.num_threads(),
        processes=len(below),
        cgroups=sum(1 for root in found.roots() for _ in root.glob(ours)) if found else 0,
        mounts=Path("/proc/self/mounts").read_text().count("\n"),
    )


def judge(supervisor: Supervisor, source: str) -> str:
    return supervisor.judge(Submission(FILES, source, limits=LIMITS)).verdict.value


def soak(supervisor: Supervisor, runs: int, verdicts: Counter[str]) -> Iterator[tuple[int, Held]]:
    """What is held before, at each quarter, and after; `verdicts` are counted meanwhile."""
    for _ in range(4):  # what is made at first use
        judge(supervisor, HONEST)
    yield 0, measure(supervisor)
    sources = cycle(MIX.values())
    done = 0
    for quarter in range(1, QUARTERS + 1):
        share = runs * quarter // QUARTERS - done
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            verdicts.update(pool.map(lambda source: judge(supervisor, source), islice(sources, share)))
        done += share
        yield done, measure(supervisor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    asked = parser.parse_args()
    started = time.monotonic()
    verdicts: Counter[str] = Counter()
    names = [field.name.replace("_mb", " MiB") for field in fields(Held)]
    print(f"{'runs':>6} " + " ".join(f"{name:>12}" for name in names))
    with Supervisor() as supervisor:
        for done, held in soak(supervisor, asked.runs, verdicts):
            print(f"{done:6} " + " ".join(f"{value:>12}" for value in astuple(held)), flush=True)
        print(f"level {supervisor.level.value}, {time.monotonic() - started:.0f} s, {dict(verdicts)}")


if __name__ == "__main__":
    main()
