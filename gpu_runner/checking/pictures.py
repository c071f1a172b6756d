"""Pictures of what came back, as small JSON: made on the trusted side from returned tensors, drawn by the site.

Every maker takes tensors or nested lists of any size and values. What is large is averaged down or thinned out, what is
not finite becomes a gap, and no picture takes more than a few ten kilobytes. A picture is shown and never judged.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import interpolate

MAX_TITLE: Final = 120
MAX_POINTS: Final = 120
MAX_SERIES: Final = 6
MAX_CELLS: Final = 16
MAX_BARS: Final = 24
MAX_IMAGES: Final = 16
MAX_SIDE: Final = 64
MAX_PIXEL_BYTES: Final = 32 * 1024

Picture = dict[str, Any]
Numbers = Tensor | Sequence[float]


def curves(title: str, axis: str, **series: Numbers) -> Picture:
    """One line each over their index, called `axis`: schedules, losses, memory over time."""
    lines = [_line(name, torch.as_tensor(values).flatten()) for name, values in list(series.items())[:MAX_SERIES]]
    return {"kind": "curves", "title": title[:MAX_TITLE], "axis": axis, "series": lines}


def bars(title: str, axis: str, **series: Numbers) -> Picture:
    """Groups of bars, one group for each index, called `axis`: tokens per expert, counts per class."""
    kept = {name: torch.as_tensor(values).flatten()[:MAX_BARS] for name, values in list(series.items())[:MAX_SERIES]}
    lines = [{"name": name, "values": _numbers(values)} for name, values in kept.items()]
    return {"kind": "bars", "title": title[:MAX_TITLE], "axis": axis, "series": lines}


def heatmap(title: str, values: Tensor, axes: str) -> Picture:
    """A matrix (R, C) with two named axes, "query key": attention weights, say. Large ones are averaged in blocks."""
    rows, columns = (math.ceil(size / MAX_CELLS) for size in values.shape)
    cells = [[piece.mean() for piece in torch.split(strip, columns, 1)] for strip in torch.split(values.double(), rows)]
    sides = zip(axes.split(), values.shape, (rows, columns), strict=True)
    names = [{"name": name, "size": size, "step": step} for name, size, step in sides]
    shown = [_numbers(torch.stack(row)) for row in cells]
    return {"kind": "heatmap", "title": title[:MAX_TITLE], "rows": names[0], "columns": names[1], "values": shown}


def confusion(title: str, truth: Tensor, predicted: Tensor, classes: int) -> Picture:
    """How often each true class was given each predicted one; what is no class counts nowhere."""
    known = (truth >= 0) & (truth < classes) & (predicted >= 0) & (predicted < classes)
    pairs = truth[known].long() * classes + predicted[known].long()
    counts = torch.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    return heatmap(title, counts, "truth predicted")


def images(
    title: str, pixels: Tensor, captions: Sequence[str] = (), *, low: float = -1.0, high: float = 1.0
) -> Picture:
    """Grey (N, H, W) or (N, 1, H, W), or coloured (N, 3, H, W) pictures; `low` is black and `high` is white."""
    shown = pixels.detach()[:MAX_IMAGES].float()
    shown = shown.unsqueeze(1) if shown.ndim == 3 else shown  # (N, H, W) -> (N, 1, H, W)
    shown = _small_enough(torch.nan_to_num(shown, nan=low, posinf=high, neginf=low))
    grey = ((shown - low) / (high - low) * 255).clamp(0, 255).round().to(torch.uint8).movedim(1, -1)  # (N, H, W, C)
    return {
        "kind": "images",
        "title": title[:MAX_TITLE],
        "height": grey.shape[1],
        "width": grey.shape[2],
        "channels": grey.shape[3],
        "pixels": [base64.b64encode(bytes(image.flatten().tolist())).decode() for image in grey],
        "captions": [str(caption)[:40] for caption in captions[: len(grey)]],
    }


def _small_enough(pixels: Tensor) -> Tensor:
    """Average (N, C, H, W) down until all of them together fit."""
    side = max(pixels.shape[2:])
    scale = min(1.0, MAX_SIDE / side, (MAX_PIXEL_BYTES / max(1, pixels.numel())) ** 0.5)
    if scale == 1.0:
        return pixels
    height, width = (max(1, int(size * scale)) for size in pixels.shape[2:])
    return interpolate(pixels, size=(height, width), mode="area")


def _line(name: str, values: Tensor) -> dict[str, Any]:
    """Evenly chosen points with their indices, both ends among them."""
    count = min(len(values), MAX_POINTS)
    at = torch.linspace(0, max(0, len(values) - 1), count).round().long()
    return {"name": name, "x": at.tolist(), "values": _numbers(values[at])}


def _numbers(values: Tensor) -> list[float | None]:
    """Four digits; what is not finite is a gap."""
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in values.detach().double().tolist()]
