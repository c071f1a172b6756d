"""What the `gpu` lane costs: CUDA from nothing, 100 MB there and back, a product; and a submission judged on the card.

Run `python benchmarks/gpu.py [--runs 10]`. Without a CUDA device it says so and ends with 0. See docs/gpu.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from gpu_runner.gpu import selftest
from gpu_runner.gpu.cards import NoCardError
from gpu_runner.protocol import Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission

START_CUDA = (
    "import time, torch; t = time.perf_counter(); torch.zeros(1, device='cuda').item(); print(time.perf_counter() - t)"
)
ON_CPU = "def product(a, b):\n    return a @ b\n"
FLOATS = 25 * 1024 * 1024
SIDE = 4096


def start_cuda() -> float:
    """Seconds that a fresh process takes from `import torch` done to its first value on the device."""
    done = subprocess.run([sys.executable, "-c", START_CUDA], capture_output=True, text=True, timeout=120, check=True)
    return float(done.stdout)


def timed(work: Callable[[], object], runs: int) -> float:
    """Median seconds of `work`, the device's queue drained before and after; the first run warms up."""
    seconds = []
    for _ in range(runs + 1):
        torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def bare(runs: int) -> None:
    """What the card itself does, outside any jail."""
    here, there = torch.randn(FLOATS), torch.randn(FLOATS, device="cuda")
    square = torch.randn(SIDE, SIDE, device="cuda")
    product = timed(lambda: square @ square, runs)
    print(f"CUDA in a fresh process          {statistics.median(start_cuda() for _ in range(3)) * 1000:9.1f} ms")
    print(f"100 MB to the device             {timed(here.cuda, runs) * 1000:9.1f} ms")
    print(f"100 MB from the device           {timed(there.cpu, runs) * 1000:9.1f} ms")
    print(f"product of two {SIDE} x {SIDE}       {product * 1000:9.1f} ms  {2 * SIDE**3 / product / 1e12:.1f} TFLOP/s")


def judged(supervisor: Supervisor, spec: str, source: str, runs: int) -> float:
    """Median seconds of a whole submission; it must pass."""
    files = {"lab.yaml": spec.encode(), "checks.py": selftest.CHECKS.encode()}
    seconds = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        report = supervisor.judge(Submission(files, source))
        seconds.append(time.perf_counter() - started)
        assert report.verdict is Verdict.PASSED, report
    return statistics.median(seconds[1:])


def sandboxed(runs: int) -> None:
    """A submission of one check, on the card and on the CPU lane, in one run; before that the card's own test."""
    lane = selftest.find_lane(wanted=os.environ.get("RUNNER_GPU", ""))
    with Supervisor() as supervisor:
        supervisor.take_card(lane)
        for problem in (found := selftest.problems(supervisor.judge, lane)):
            print(f"PROBLEM  {problem}")
        if found:
            return
        on_cpu = judged(supervisor, selftest.LAB.replace("lane: gpu", "lane: check"), ON_CPU, runs)
        on_card = judged(supervisor, selftest.LAB, selftest.HONEST, runs)
    print(f"a submission, lane check         {on_cpu * 1000:9.1f} ms")
    print(f"the same on the card             {on_card * 1000:9.1f} ms  {on_card / on_cpu:.1f} times as long")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    if not torch.cuda.is_available():
        print("no CUDA device")
        return
    total_mb = torch.cuda.get_device_properties(0).total_memory // 2**20
    print(f"{torch.cuda.get_device_name(0)}, {total_mb} MiB, torch {torch.__version__}")
    try:
        sandboxed(runs)  # first: later this process has a context of its own, and the card is not lent to two
    except NoCardError as error:
        print(f"through the sandbox: {error}")
    bare(runs)


if __name__ == "__main__":
    main()
