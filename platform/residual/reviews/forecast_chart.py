"""The forecast as bars. The template draws them and adds a table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from residual.reviews.queries import ForecastDay

HEIGHT: Final = 60  # units of the drawing
STEP: Final = 20
WIDTH: Final = 14


@dataclass(frozen=True, slots=True)
class Bar:
    day: date
    cards: int
    x: int
    y: float
    width: int
    height: float


def bars(days: Sequence[ForecastDay]) -> list[Bar]:
    """One bar a day, the highest as high as the drawing."""
    most = max((day.cards for day in days), default=0) or 1
    heights = [round(HEIGHT * day.cards / most, 2) for day in days]
    return [
        Bar(day.day, day.cards, STEP * place, HEIGHT - height, WIDTH, height)
        for place, (day, height) in enumerate(zip(days, heights, strict=True))
    ]
