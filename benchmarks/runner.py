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

import psutil  # noqa: E402 - after the path
import torch  # noqa: E402

from gpu_runner.labspec import read_lab  # noqa: E402
from gpu_runner.protocol import Limits, judging_files  # noqa: E402
from gpu_runner.sandbox import wire  # noqa: E402
from gpu_runner.supervisor.judge import Supervisor, never  # noqa: E402
from gpu_runner.supervisor.news import News  # noqa: E402
from gpu_runner.supervisor.trial import Submission  # noqa: E402
from gpu_runner.supervisor.zygotes import Zygote, sandbox_role  # noqa: E402

LAB = ROOT / "labs" / "catalog" / "scaled-dot-product-attention"
LIBRARIES = ("optimisers", "transformers", "diffusers")
MODELS_LAB = b"""
id: lab-models
slug: models
title: A small GPT-2 and a small UNet
filename: models.py
entry_points: [logits, noise]
preload: [transformers, diffusers]
limits: {wall_s: 30, cpu_s: 30, memory_mb: 1024}
checks:
  - {id: gpt2, title: One distribution for every position, evidence: computed}
  - {id: unet, title: Noise of the image's shape, evidence: computed}
"""
MODELS_CHECKS = b"""
from gpu_runner.checking import Lab, check

@check("gpt2")
def one_distribution_for_every_position(lab: Lab) -> None:
    lab.fix(V=1000)
    lab.has_shape(lab.call("logits", lab.integers("B T", low=0, high=1000)), "B T V")

@check("unet")
def noise_of_the_images_shape(lab: Lab) -> None:
    lab.fix(C=1, H=16, W=16)
    lab.has_shape(lab.call("noise", lab.normal("B C H W"), 3), "B C H W")
"""
MODELS_SOURCE = """
import torch
from diffusers import UNet2DModel
from transformers import GPT2Config, GPT2LMHeadModel

def logits(ids):
    config = GPT2Config(vocab_size=1000, n_positions=64, n_embd=64, n_layer=2, n_head=4)
    with torch.no_grad():
        return GPT2LMHeadModel(config).eval()(ids).logits

def noise(x, t):
    blocks = {"down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
    unet = UNet2DModel(16, 1, 1, block_out_channels=(32, 64), layers_per_block=1, norm_num_groups=8, **blocks)
    with torch.no_grad():
        return unet(x, t).sample
"""


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Seconds of each run."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return sorted(seconds)


def after_a_pause(supervisor: Supervisor, submission: Submission) -> list[float]:
    """As a learner submits: the last submission's spares are there again."""
    supervisor.settle()
    return timed(lambda: supervisor.judge(submission), 1)


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
    request |= {"source": "def f(x):\n    return x\n", "probe": "", "mine": []}
    started = time.perf_counter()
    fd = wire.to_memory(tree)
    outcome = pool.run(request, fd, limits, limits, never, News())
    wire.decode(outcome.result)
    seconds = time.perf_counter() - started
    os.close(fd)
    os.close(outcome.result)
    return seconds


def with_models(runs: int) -> tuple[list[float], list[float]]:
    """Seconds of a job that builds and runs a GPT-2 and a UNet, and of starting a cold process with their libraries."""
    job = Submission({"lab.yaml": MODELS_LAB, "checks.py": MODELS_CHECKS}, MODELS_SOURCE)
    cold = timed(lambda: Zygote.start(sandbox_role(LIBRARIES), jailed=True).close(), 2)
    with Supervisor(libraries=LIBRARIES) as supervisor:
        reports = [supervisor.judge(job) for _ in range(3)]
        assert all(report.verdict == "passed" for report in reports), reports[0]
        return timed(lambda: supervisor.judge(job), runs), cold


def resident_mb(supervisor: Supervisor) -> dict[str, float]:
    """Proportional memory of each zygote, in MiB, its children not counted."""
    pools = {"checker": supervisor._checkers, "sandbox": supervisor._pool}
    zygotes = {name: pool.keeper._current for name, pool in pools.items() if pool and pool.keeper._current}
    return {
        name: sum(p.memory_full_info().pss for p in psutil.Process(zygote.process.pid).children()) / 2**20
        for name, zygote in zygotes.items()
    }


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
        in_a_row = timed(lambda: supervisor.judge(whole), max(5, runs // 5))
        lab = [seconds for _ in range(max(5, runs // 5)) for seconds in after_a_pause(supervisor, whole)]
        peaks = [supervisor.judge(one).usage.peak_mb for _ in range(5)]
        rates = {n: throughput(supervisor, whole, n, 4 * n) for n in (1, 2, 4, 8)}
        crossing = min(send_100_mb(supervisor) for _ in range(3))
        supervisor.settle()
        zygotes = resident_mb(supervisor)
    models, models_cold = with_models(max(5, runs // 5))

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
    row(f"the whole lab ({len(read_lab(files).checks)} checks)", sorted(lab), median)
    row("the whole lab, one after the other", in_a_row, median)
    row("a GPT-2 and a UNet (2 checks), warm", models, median)
    row("cold interpreter with their libraries", models_cold, median)
    print(f"\nmemory charged per child: {statistics.median(peaks):.1f} MiB")
    print("memory of a zygote: " + ", ".join(f"{name} {size:.0f} MiB" for name, size in zygotes.items()))
    print("checks per second: " + ", ".join(f"{n} learners {rate:.1f}" for n, rate in rates.items()))
    print(f"100 MB of tensors in and out: {crossing * 1000:.0f} ms")


if __name__ == "__main__":
    main()
