"""The days of half a year as a map: answers of reviews, and what was finished elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from residual.accounts.models import User
from residual.progress.queries import finished_by_day
from residual.reviews import statistics
from residual.ui.heat import Heat, heat

WEEKS: Final = 26


@dataclass(frozen=True, slots=True)
class Week:
    """One column: `counts` from Monday on, None for days that are still to come."""

    monday: date
    counts: list[int | None]

    @property
    def total(self) -> int:
        return sum(count or 0 for count in self.counts)


@dataclass(frozen=True, slots=True)
class Activity:
    weeks: Sequence[Week]
    heat: Heat

    @property
    def days(self) -> int:
        """Days on which something was done."""
        return sum(1 for week in self.weeks for count in week.counts if count)


def of(user: User, today: date) -> Activity:
    """The last half year up to this week, in two queries."""
    monday = today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))
    counts = Counter(finished_by_day(user, monday))
    for day in statistics.days(user, today, (today - monday).days + 1):
        counts[day.day] += day.answers
    weeks = [_week(monday + timedelta(weeks=number), today, counts) for number in range(WEEKS)]
    rows = [[float(week.counts[weekday] or 0) for week in weeks] for weekday in range(7)]
    return Activity(weeks, heat(rows))


def _week(monday: date, today: date, counts: Counter[date]) -> Week:
    days = [monday + timedelta(days=number) for number in range(7)]
    return Week(monday, [counts[day] if day <= today else None for day in days])
