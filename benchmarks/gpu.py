"""What a child of the `gpu` lane would pay: CUDA from nothing, 100 MB there and back, a matrix product. No jail.

Run `python benchmarks/gpu.py [--runs 10]`. Without a CUDA device it says so and ends with 0. See docs/gpu.md.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

START_CUDA = (
    "import time, torch; t = time.perf_counter(); torch.zeros(1, device='cuda').item(); print(time.perf_counter() - t)"
)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    if not torch.cuda.is_available():
        print("no CUDA device")
        return
    here, there = torch.randn(FLOATS), torch.randn(FLOATS, device="cuda")
    square = torch.randn(SIDE, SIDE, device="cuda")
    product = timed(lambda: square @ square, runs)
    total_mb = torch.cuda.get_device_properties(0).total_memory // 2**20
    print(f"{torch.cuda.get_device_name(0)}, {total_mb} MiB, torch {torch.__version__}")
    print(f"CUDA in a fresh process          {statistics.median(start_cuda() for _ in range(3)) * 1000:9.1f} ms")
    print(f"100 MB to the device             {timed(here.cuda, runs) * 1000:9.1f} ms")
    print(f"100 MB from the device           {timed(there.cpu, runs) * 1000:9.1f} ms")
    print(f"product of two {SIDE} x {SIDE}       {product * 1000:9.1f} ms  {2 * SIDE**3 / product / 1e12:.1f} TFLOP/s")


if __name__ == "__main__":
    main()
