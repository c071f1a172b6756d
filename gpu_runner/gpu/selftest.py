"""Whether a card can serve the lane `gpu`: small submissions, honest and greedy, judged on it in the sandbox."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpu_runner.gpu.cards import Card, NoCardError, Nvml
from gpu_runner.gpu.lane import GpuLane
from gpu_runner.protocol import Report, Verdict
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpu_runner.gpu.cards import Driver

CAP_MB: Final = 512
LAB: Final = f"""
id: gpu-self-test
slug: gpu-self-test
filename: product.py
lane: gpu
entry_points: [product]
gpu_memory_mb: {CAP_MB}
limits: {{wall_s: 60, cpu_s: 60, memory_mb: 8192, processes: 64}}
checks:
  - {{id: product, title: A product on the card equals the one outside, evidence: computed}}
"""
CHECKS: Final = """
from gpu_runner.checking import Lab, check

@check("product")
def the_product_is_right(lab: Lab) -> None:
    a, b = lab.normal("64 32"), lab.normal("32 48")
    lab.agrees(lab.call("product", a, b), lambda a, b: a @ b, on=(a, b), axes="64 48")
"""
HONEST: Final = """
import os, torch
def product(a, b):
    assert torch.cuda.device_count() == 1, "more than one card is visible"
    cards = [name for name in os.listdir("/dev") if name[:6] == "nvidia" and name[6:].isdigit()]
    assert len(cards) == 1, f"device files of {cards}"
    return (a.cuda() @ b.cuda()).cpu()
"""
GREEDY: Final = f"""
import torch
def product(a, b):
    hoard = [torch.empty(64, 1024, 1024, dtype=torch.uint8, device="cuda") for _ in range({4 * CAP_MB // 64})]
    return (a.cuda() @ b.cuda()).cpu()
"""
ROUND_THE_ALLOCATOR: Final = f"""
import ctypes, time, torch
def product(a, b):
    cuda, pointer = ctypes.CDLL("libcuda.so.1"), ctypes.c_uint64()
    for _ in range({(4 * CAP_MB + 2048) // 64}):
        cuda.cuMemAlloc_v2(ctypes.byref(pointer), ctypes.c_size_t(64 << 20))
    time.sleep(5)
    return (a.cuda() @ b.cuda()).cpu()
"""
EXPECTED: Final = {
    "an honest product": (HONEST, {Verdict.PASSED}),
    "more than torch may hand out": (GREEDY, {Verdict.MEMORY, Verdict.ERROR}),
    "memory taken past torch": (ROUND_THE_ALLOCATOR, {Verdict.MEMORY}),
    "an honest product again": (HONEST, {Verdict.PASSED}),
}


def find_lane(driver: Driver | None = None, wanted: str = "") -> GpuLane:
    """The card named `wanted` (its UUID; RUNNER_GPU), or the only one. Raises NoCardError."""
    driver = driver or Nvml()
    cards = driver.cards()
    chosen = [card for card in cards if wanted in ("", card.uuid)]
    if not chosen:
        raise NoCardError(f"no card is called {wanted!r}; there are {_names(cards)}")
    if len(chosen) > 1:
        raise NoCardError(f"set RUNNER_GPU to one of {_names(chosen)}: a runner serves one card")
    if not any(Path(node).name.removeprefix("nvidia").isdigit() for node in chosen[0].nodes):
        raise NoCardError(f"the driver names {chosen[0].name}, and its device file is not in /dev")
    return GpuLane(chosen[0], driver, Path(tempfile.gettempdir(), f"residual-cards-{os.getuid()}"))


def _names(cards: list[Card]) -> str:
    return ", ".join(f"{card.uuid} ({card.name})" for card in cards) or "none"


def problems(judge: Callable[[Submission], Report], lane: GpuLane) -> list[str]:
    """What keeps this card from serving, as sentences; none if it may be announced."""
    files = {"lab.yaml": LAB.encode(), "checks.py": CHECKS.encode()}
    found = []
    for name, (source, right) in EXPECTED.items():
        report = judge(Submission(files, source))
        if report.verdict not in right:
            said = next((check.message for check in report.checks), report.message)
            found.append(f"{name}: {report.verdict.value}, expected {' or '.join(sorted(right))}. {said}".strip())
        if lane.unclean:
            return [*found, lane.unclean]
    return found
