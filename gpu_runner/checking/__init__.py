"""The library that a lab's `checks.py` is written with; `docs/checking.md` is its reference."""

from gpu_runner.checking.comparing import Misconception
from gpu_runner.checking.context import Lab
from gpu_runner.checking.pictures import bars, confusion, curves, heatmap, images
from gpu_runner.checking.registry import check
from gpu_runner.checking.results import Observation
from gpu_runner.checking.standard_probe import watched
from gpu_runner.checking.tracing import show_steps

__all__ = [
    "Lab",
    "Misconception",
    "Observation",
    "bars",
    "check",
    "confusion",
    "curves",
    "heatmap",
    "images",
    "show_steps",
    "watched",
]
