"""Knocking out prerequisites: a right answer to a harder question puts off the easier one that it contains.

Nothing was observed of the easier card itself, so its memory stays as it is and no rating is written: it only comes
back later, by half of its last gap, and once between two answers of its own. docs/decisions/ says why.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from residual.reviews.snapshot import Snapshot, State
from residual.reviews.study_calendar import StudyCalendar


def may_be_covered(card: Snapshot, today: date) -> bool:
    """Whether the card is in review and due, was not put off already, and is not asked for a reason of its own."""
    asked = card.state == State.REVIEW and not card.suspended and not card.due_reason
    return asked and card.due_day <= today and card.covered_day is None


def covered(card: Snapshot, today: date, calendar: StudyCalendar) -> Snapshot:
    """The card put off. Its memory, and the day that the scheduler wanted, stay."""
    due_day = today + timedelta(days=max(1, _last_gap(card) // 2))
    return replace(card, due=calendar.start(due_day), due_day=due_day, covered_day=today)


def _last_gap(card: Snapshot) -> int:
    return (card.scheduled_day - card.last_day).days if card.scheduled_day and card.last_day else 0
