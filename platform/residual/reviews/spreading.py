"""Which of the days that are about as good a card comes back on.

FSRS names an interval; a few days around it serve memory as well. Among those, emptier days are likelier and the
learner's easy days less so. The pick is seeded by the card and the log row, and the log keeps the load it was made
with, so that a replay picks the same day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from fsrs.scheduler import FUZZ_RANGES

Load = Mapping[date, int]  # study day → cards that are due on it already; a day that is missing has none

FULL_WEEK: Final = (100,) * 7  # per cent of an ordinary day's work, Monday first
_FROM_DAYS: Final = 2.5
_PULL: Final = 2  # of emptiness: a day with half the cards is four times as likely


def candidates(days: int, maximum: int) -> range:
    """The intervals about as good as `days`: the library's own fuzz range, never beyond `maximum`."""
    if days < _FROM_DAYS:
        return range(days, days + 1)
    reach = 1.0 + sum(band["factor"] * max(min(days, band["end"]) - band["start"], 0.0) for band in FUZZ_RANGES)
    low, high = max(2, round(days - reach)), min(round(days + reach), maximum)
    return range(min(low, high), high + 1)


def pick(days: range, luck: float, today: date, load: Load | None, easy_days: Sequence[int] = FULL_WEEK) -> int:
    """One of `days` from today, by `luck` in [0, 1). Without a load every one is as likely."""
    if load is None:
        return days[math.floor(luck * len(days))]
    weights = [_weight(today + timedelta(days=count), load, easy_days) for count in days]
    if not any(weights):  # every one of them is a day off: then none of them is better than another
        weights = [_weight(today + timedelta(days=count), load, FULL_WEEK) for count in days]
    aim = luck * sum(weights)
    return next(count for count, upto in zip(days, accumulate(weights), strict=True) if aim < upto)


def _weight(day: date, load: Load, easy_days: Sequence[int]) -> float:
    share = easy_days[day.weekday()] / 100
    return float((share / (1 + load.get(day, 0))) ** _PULL)
