"""How long a check takes: warm child, cold interpreter in the same jail, bare function; and where the time goes.

Run `python benchmarks/runner.py [--runs 100]` on a quiet machine. Absolute times drift on shared machines, so the table
gives ratios measured in one run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402 - after the path

from gpu_runner.labspec import read_lab  # noqa: E402
from gpu_runner.protocol import Limits, judging_files  # noqa: E402
from gpu_runner.sandbox import wire  # noqa: E402
from gpu_runner.supervisor.judge import Supervisor, never  # noqa: E402
from gpu_runner.supervisor.news import News  # noqa: E402
from gpu_runner.supervisor.trial import Submission  # noqa: E402
from gpu_runner.supervisor.zygotes import Zygote, sandbox_role  # noqa: E402

LAB = ROOT / "labs" / "catalog" / "scaled-dot-product-attention"


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Seconds of each run."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return sorted(seconds)


def row(name: str, seconds: list[float], against: float) -> None:
    median, p95 = statistics.median(seconds), seconds[int(len(seconds) * 0.95)]
    print(f"{name:46} {median * 1000:9.1f} {p95 * 1000:9.1f} {median / against:9.2f}")


def throughput(supervisor: Supervisor, submission: Submission, learners: int, jobs: int) -> float:
    """Checks per second with so many learners at once."""
    started = time.perf_counter()
    with ThreadPoolExecutor(learners) as pool:
        reports = list(pool.map(lambda _: supervisor.judge(submission), range(jobs)))
    return sum(len(report.checks) for report in reports) / (time.perf_counter() - started)


def send_100_mb(supervisor: Supervisor) -> float:
    """Seconds for 100 MB of tensors into a child and back out, seen from outside."""
    tree = {"args": [torch.randn(25 * 1024 * 1024)], "kwargs": {}}
    limits = Limits(memory_mb=1024, result_mb=128, wall_s=20, cpu_s=20)
    pool = supervisor._pool
    assert pool is not None
    request = {"op": "call", "name": "f", "return_inputs": False, "filename": "f.py", "entry_points": ["f"]}
    request |= {"source": "def f(x):\n    return x\n", "probe": ""}
    started = time.perf_counter()
    fd = wire.to_memory(tree)
    outcome = pool.run(request, fd, limits, limits, never, News())
    wire.decode(outcome.result)
    seconds = time.perf_counter() - started
    os.close(fd)
    os.close(outcome.result)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    runs = parser.parse_args().runs
    files, source = judging_files(LAB), (LAB / "solution.py").read_text()
    one, whole = Submission(files, source, ["values"]), Submission(files, source)
    cold = timed(lambda: Zygote.start(sandbox_role(), jailed=True).close(), 3)

    with Supervisor() as supervisor:
        timed(lambda: supervisor.judge(one), 5)
        warm = timed(lambda: supervisor.judge(one), runs)
        lab = timed(lambda: supervisor.judge(whole), max(5, runs // 5))
        peaks = [supervisor.judge(one).usage.peak_mb for _ in range(5)]
        rates = {n: throughput(supervisor, whole, n, 4 * n) for n in (1, 2, 4, 8)}
        crossing = min(send_100_mb(supervisor) for _ in range(3))

    module: dict[str, Callable[..., torch.Tensor]] = {}
    exec(compile(source, "solution.py", "exec"), module)  # noqa: S102 - our own reference
    q, k, v = torch.randn(3, 2, 3, 5, 7)
    torch.set_num_threads(1)
    bare = timed(lambda: module["attention"](q, k, v), runs)

    median = statistics.median(warm)
    print(f"{'':46} {'median ms':>9} {'p95 ms':>9} {'x warm':>9}")
    row("one check, warm (submit to result)", warm, median)
    row("cold interpreter with torch, same jail", cold, median)
    row("the bare function, warm process", bare, median)
    row(f"the whole lab ({len(read_lab(files).checks)} checks)", lab, median)
    print(f"\nmemory charged per child: {statistics.median(peaks):.1f} MiB")
    print("checks per second: " + ", ".join(f"{n} learners {rate:.1f}" for n, rate in rates.items()))
    print(f"100 MB of tensors in and out: {crossing * 1000:.0f} ms")


if __name__ == "__main__":
    main()
