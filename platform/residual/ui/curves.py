"""Lines over a common axis, as SVG paths: any numbers may come, gaps stay gaps, and a page stays small."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

WIDTH: Final = 320
HEIGHT: Final = 120
MOST_COLUMNS: Final = 320  # one for each pixel; of the points between, the lowest and the highest are drawn

Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line, drawn in WIDTH × HEIGHT; the words of its ends are ready to be read."""

    name: str
    path: str
    points: int
    low: str
    high: str
    first: str
    last: str
    start: str
    end: str
    logarithmic: bool = False
    tone: int = 0


def curves(series: Sequence[tuple[str, Sequence[Point]]], *, shared: bool = False) -> list[Curve]:
    """Draw each series; with `shared`, all of them on one even scale. Series without any number are left out.

    A smaller x than the one before starts the line anew, as a new run does.
    """
    kept = [(name, points) for name, points in series if any(y is not None for _x, y in points)]
    everything = [point for _name, points in kept for point in points]
    drawn = ((name, points, everything if shared else points) for name, points in kept)
    return [_curve(name, points, scale, tone, even=shared) for tone, (name, points, scale) in enumerate(drawn)]


def readable(value: float) -> str:
    """Four digits, as people write them."""
    return f"{value:.4g}"


def _curve(name: str, points: Sequence[Point], scale: Sequence[Point], tone: int, *, even: bool) -> Curve:
    ys = [y for _x, y in scale if y is not None]
    xs = [x for x, _y in scale]
    low, high = min(ys), max(ys)
    logarithmic = not even and low > 0 and high / low >= 1000
    own = [y for _x, y in points if y is not None]
    return Curve(
        name=name,
        path=_path(_thinned(points), (min(xs), max(xs)), (low, high), logarithmic),
        points=len(own),
        low=readable(low),
        high=readable(high),
        first=readable(own[0]),
        last=readable(own[-1]),
        start=readable(min(xs)),
        end=readable(max(xs)),
        logarithmic=logarithmic,
        tone=tone % 4,
    )


def _path(points: Sequence[Point], xs: tuple[float, float], ys: tuple[float, float], logarithmic: bool) -> str:
    pieces: list[str] = []
    before: float | None = None
    for x, y in points:
        if y is None:
            before = None
            continue
        place = f"{_share(x, *xs) * WIDTH:.1f} {(1 - _share(y, *ys, logarithmic=logarithmic)) * HEIGHT:.1f}"
        pieces.append(f"{'M' if before is None or x < before else 'L'}{place}")
        before = x
    lone = (a for a, b in pairwise([*pieces, "M"]) if a[0] == "M" and b[0] == "M")
    dots = {piece: f"{piece}h.1" for piece in lone}  # a line of one point is a dot
    return "".join(dots.get(piece, piece) for piece in pieces)


def _share(value: float, low: float, high: float, *, logarithmic: bool = False) -> float:
    """Where `value` lies between low and high, 0 to 1; in the middle where both are the same."""
    if logarithmic:
        value, low, high = math.log(value), math.log(low), math.log(high)
    span = high / 2 - low / 2  # halves, because the whole may overflow
    return (value / 2 - low / 2) / span if span > 0 else 0.5


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Few enough points to draw: of each stretch the lowest and the highest, in their order, and every gap."""
    if len(points) <= 2 * MOST_COLUMNS:
        return list(points)
    size = math.ceil(len(points) / MOST_COLUMNS)
    stretches = (points[at : at + size] for at in range(0, len(points), size))
    return [point for stretch in stretches for point in _ends(stretch)]


def _ends(stretch: Sequence[Point]) -> Iterable[Point]:
    found = [(y, at) for at, (_x, y) in enumerate(stretch) if y is not None]
    gaps = {at for at, (_x, y) in enumerate(stretch) if y is None}
    kept = {min(found)[1], max(found)[1]} if found else set()
    return [stretch[at] for at in sorted(kept | set(sorted(gaps)[:1]))]
