"""Charts as SVG, drawn by the server. This module holds the geometry; templates draw it and add the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Part(NamedTuple):
    """One component of a whole: how much it weighs, and how much of that has been earned (both in points)."""

    label: str
    weight: float
    earned: float


@dataclass(frozen=True)
class Segment:
    """A part placed on a bar 100 units wide; `tone` picks its colour."""

    part: Part
    x: float
    width: float
    earned_width: float
    tone: int


def shares(parts: Sequence[Part]) -> list[Segment]:
    """Lay `parts` side by side; their widths sum to 100. Parts of no weight are left out."""
    present = [part for part in parts if part.weight > 0]
    total = sum(part.weight for part in present)
    segments: list[Segment] = []
    x = 0.0
    for tone, part in enumerate(present):
        width = 100 * part.weight / total
        earned = width * min(max(part.earned / part.weight, 0.0), 1.0)
        segments.append(Segment(part, round(x, 3), round(width, 3), round(earned, 3), tone))
        x += width
    return segments
