"""What can happen to a card, as values, and what each does to its snapshot. Pure: services and replay share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from fsrs import Rating

from residual.reviews import scheduler
from residual.reviews.covering import covered
from residual.reviews.scheduler import Parameters
from residual.reviews.snapshot import Snapshot
from residual.reviews.spreading import Load
from residual.reviews.study_calendar import StudyCalendar


@dataclass(frozen=True, slots=True)
class Introduced:
    at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Reviewed:
    rating: Rating
    at: datetime
    calendar: StudyCalendar
    parameters: Parameters
    fuzz_key: str
    load: Load | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    seq: int  # of the review, or of the cover, that is taken back


@dataclass(frozen=True, slots=True)
class Pointed:
    """Evidence from elsewhere makes the card due today. Its memory, and the day the scheduler wanted, stay."""

    at: datetime
    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class Covered:
    """A harder question was answered right on `day`, and this one waits longer for it."""

    day: date
    calendar: StudyCalendar


@dataclass(frozen=True, slots=True)
class Suspended:
    pass


@dataclass(frozen=True, slots=True)
class Resumed:
    pass


@dataclass(frozen=True, slots=True)
class Buried:
    until: date  # the first study day on which the card may be asked again


Entry = Introduced | Reviewed | Undone | Pointed | Covered | Suspended | Resumed | Buried


def advance(card: Snapshot | None, entry: Entry, befores: Mapping[int, Snapshot]) -> Snapshot:
    """The card after `entry`. `befores` holds, by seq, what the card was before each earlier review or cover."""
    if isinstance(entry, Introduced):
        return Snapshot(due=entry.at, due_day=entry.day)
    if card is None:
        raise ValueError(f"a log begins with an introduction, not with {entry}")
    match entry:
        case Reviewed(rating, at, calendar, parameters, fuzz_key, load):
            after = scheduler.review(card, rating, at, calendar, parameters, fuzz_key, load)
        case Undone(seq):
            after = befores[seq]
        case Pointed(at, day, reason):
            after = replace(card, due=at, due_day=day, due_reason=reason, buried_until=None)
        case Covered(day, calendar):
            after = covered(card, day, calendar)
        case Suspended():
            after = replace(card, suspended=True)
        case Resumed():
            after = replace(card, suspended=False)
        case Buried(until):
            after = replace(card, buried_until=until)
    return after


def replay(entries: Iterable[Entry]) -> Snapshot:
    """The card that these entries make, from the first on. Raises ValueError where there are none."""
    card: Snapshot | None = None
    befores: dict[int, Snapshot] = {}
    for seq, entry in enumerate(entries, start=1):
        if card is not None and isinstance(entry, Reviewed | Covered):
            befores[seq] = card
        card = advance(card, entry, befores)
    if card is None:
        raise ValueError("there is nothing to replay")
    return card
