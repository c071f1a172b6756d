"""The learner's calendar: which study day an instant belongs to, and when a study day begins.

A study day begins at the rollover hour of the learner's local clock. Both directions are computed on the local wall
clock, so a change to or from summer time makes a day 23 or 25 hours long and never moves its date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from residual.accounts.models import User


@dataclass(frozen=True, slots=True)
class StudyCalendar:
    time_zone: str
    rollover_hour: int

    @classmethod
    def of(cls, user: User) -> StudyCalendar:
        return cls(user.time_zone, user.rollover_hour)

    def day(self, at: datetime) -> date:
        """The study day that the aware instant `at` belongs to."""
        return (at.astimezone(ZoneInfo(self.time_zone)) - timedelta(hours=self.rollover_hour)).date()

    def start(self, day: date) -> datetime:
        """The instant at which `day` begins, in UTC; where the clock skips that hour, the first one after the gap."""
        local = datetime.combine(day, time(self.rollover_hour), tzinfo=ZoneInfo(self.time_zone))
        return local.astimezone(UTC)
