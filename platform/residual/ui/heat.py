"""A matrix as a heat-map: cells in a few levels, each level one path. Templates add the words and the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEVELS: Final = 4
CELL: Final = 18  # pixels: the classes of app.css know nothing of it
FALL: Final = 4.0  # from level to level, where errors span more than even steps can show

Matrix = Sequence[Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Layer:
    """All cells of one level; `path` is in cells. Level 0 is no number at all."""

    level: int
    above: float
    upto: float
    path: str

    @property
    def words(self) -> str:
        """The upper end, for the legend."""
        return f"{self.upto:.2g}"


@dataclass(frozen=True, slots=True)
class Heat:
    """A drawn matrix: cells at or below `limit` are left empty."""

    rows: int
    columns: int
    limit: float
    layers: tuple[Layer, ...]

    @property
    def grid(self) -> str:
        """The lines between the cells, as a path in cells."""
        across = "".join(f"M0 {y}h{self.columns}" for y in range(self.rows + 1))
        down = "".join(f"M{x} 0v{self.rows}" for x in range(self.columns + 1))
        return across + down

    @property
    def width(self) -> int:
        return self.columns * CELL

    @property
    def height(self) -> int:
        return self.rows * CELL


def heat(values: Matrix, limit: float = 0.0) -> Heat:
    """Sort the cells above `limit` into levels between it and the largest; None is a cell without a number."""
    largest = max((value for row in values for value in row if value is not None), default=limit)
    bounds = _bounds(limit, largest)
    cells: list[list[tuple[int, int]]] = [[] for _ in range(LEVELS + 1)]
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            if value is None:
                cells[0].append((x, y))
            elif value > limit:
                cells[_level(value, bounds)].append((x, y))
    layers = (
        Layer(level, bounds[max(level - 1, 0)], bounds[level], "".join(f"M{x} {y}h1v1h-1z" for x, y in found))
        for level, found in enumerate(cells)
        if found
    )
    return Heat(len(values), max((len(row) for row in values), default=0), limit, tuple(layers))


def _bounds(limit: float, largest: float) -> list[float]:
    """Where each level ends, the limit first."""
    if largest <= limit:
        return [limit] * (LEVELS + 1)
    lowest = largest / FALL ** (LEVELS - 1)
    if 0 < limit < lowest:
        return [limit] + [lowest * FALL**at for at in range(LEVELS - 1)] + [largest]
    return [_between(limit, largest, at) for at in range(LEVELS)] + [largest]


def _between(low: float, high: float, at: int) -> float:
    share = at / LEVELS
    return low * (1 - share) + high * share  # and not low + (high - low) · share, which may overflow


def _level(value: float, bounds: Sequence[float]) -> int:
    return next((level for level in range(1, LEVELS) if value <= bounds[level]), LEVELS)
