"""Bars drawn by the server. The template draws them and adds a table that says the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 60  # units of the drawing
STEP: Final = 20
WIDTH: Final = 14


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    text: str  # the value as the table and the tooltip say it
    x: int
    y: float
    width: int
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    width: int
    height: int = HEIGHT

    def __bool__(self) -> bool:
        """Whether there is anything to see."""
        return any(bar.height for bar in self.bars)


def chart(values: Iterable[tuple[str, float, str]], top: float = 0.0) -> Chart:
    """A bar for each (label, value, text); the highest as high as the drawing, unless `top` is higher."""
    rows = list(values)
    most = max([top, *(value for _, value, _ in rows)], default=0.0) or 1.0
    bars = [_bar(place, label, HEIGHT * value / most, text) for place, (label, value, text) in enumerate(rows)]
    return Chart(bars, STEP * max(len(rows), 1))


def _bar(place: int, label: str, height: float, text: str) -> Bar:
    return Bar(label, text, STEP * place + (STEP - WIDTH) // 2, round(HEIGHT - height, 2), WIDTH, round(height, 2))
