"""Reading and writing the log. Every change of a card goes through `append`, under the card's lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeVar

from django.utils import timezone
from fsrs import Rating

from residual.accounts.models import User
from residual.reviews.entries import (
    Buried,
    Covered,
    Entry,
    Introduced,
    Pointed,
    Resumed,
    Reviewed,
    Suspended,
    Undone,
    advance,
)
from residual.reviews.models import Card, ReviewLog
from residual.reviews.queries import with_quizzes
from residual.reviews.scheduler import Parameters
from residual.reviews.snapshot import FIELDS, Snapshot
from residual.reviews.spreading import Load
from residual.reviews.study_calendar import StudyCalendar

T = TypeVar("T")
Kind = ReviewLog.Kind
KINDS: Mapping[type[Entry], Kind] = {
    Introduced: Kind.INTRODUCE,
    Reviewed: Kind.REVIEW,
    Undone: Kind.UNDO,
    Pointed: Kind.EVIDENCE,
    Covered: Kind.COVERED,
    Suspended: Kind.SUSPEND,
    Resumed: Kind.RESUME,
    Buried: Kind.BURY,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """When it happened, on which study day, and the key that makes writing it twice harmless."""

    at: datetime
    day: date
    key: str

    @classmethod
    def now(cls, user: User, key: str, at: datetime | None = None) -> Happening:
        moment = at or timezone.now()
        return cls(moment, user.study_day(moment), key)


def locked(user: User, card_id: int) -> Card:
    """The learner's card, locked until the transaction ends. Raises Card.DoesNotExist for anybody else's."""
    cards = with_quizzes(Card.objects.select_for_update(of=("self",)))
    return cards.get(user=user, pk=card_id)


def append(card: Card, entry: Entry, happening: Happening, **columns: Any) -> ReviewLog:
    """Write what happened and bring the card up to it. The caller holds the card's lock."""
    before = card.snapshot()
    after = advance(before, entry, _befores(card, entry))
    row = ReviewLog.objects.create(
        user_id=card.user_id,
        card=card,
        seq=card.revision + 1,
        kind=KINDS[type(entry)],
        at=happening.at,
        study_day=happening.day,
        idempotency_key=happening.key,
        state_before=before.state,
        before=before.to_json(),
        after=after.to_json(),
        due=after.due,
        **columns,
    )
    card.take(after)
    card.revision += 1
    card.save(update_fields=["revision", *FIELDS])
    return row


def _befores(card: Card, entry: Entry) -> dict[int, Snapshot]:
    if not isinstance(entry, Undone):
        return {}
    row = ReviewLog.objects.get(card=card, seq=entry.seq)
    return {entry.seq: Snapshot.from_json(row.before)}


def entries(card: Card) -> list[Entry]:
    """The card's whole log as entries, for `entries.replay`."""
    return [entry_of(row) for row in card.log.order_by("seq")]


def entry_of(row: ReviewLog) -> Entry:
    entry: Entry
    match Kind(row.kind):
        case Kind.INTRODUCE:
            entry = Introduced(row.at, row.study_day)
        case Kind.REVIEW:
            entry = _reviewed(row)
        case Kind.UNDO:
            entry = Undone(_known(row.undoes))
        case Kind.EVIDENCE:
            entry = Pointed(row.at, row.study_day, row.reason)
        case Kind.COVERED:
            entry = Covered(row.study_day, StudyCalendar(**row.preset))
        case Kind.SUSPEND:
            entry = Suspended()
        case Kind.RESUME:
            entry = Resumed()
        case Kind.BURY:
            entry = Buried(_known(Snapshot.from_json(row.after).buried_until))
    return entry


def _reviewed(row: ReviewLog) -> Reviewed:
    return Reviewed(
        rating=Rating(_known(row.rating)),
        at=row.at,
        calendar=StudyCalendar(row.preset["time_zone"], row.preset["rollover_hour"]),
        parameters=Parameters.from_json(row.preset, row.weights),
        fuzz_key=fuzz_key(row.card_id, row.seq),
        load=entry_load(row),
    )


def entry_load(row: ReviewLog) -> Load | None:
    """The load that a review's day was picked by; rows from before days were balanced have none."""
    stored = row.preset.get("load")
    return None if stored is None else {date.fromisoformat(day): cards for day, cards in stored.items()}


def load_json(load: Load) -> dict[str, int]:
    return {day.isoformat(): cards for day, cards in sorted(load.items())}


def _known(value: T | None) -> T:
    if value is None:
        raise ValueError("this row of the log lacks what its kind needs")
    return value


def fuzz_key(card_id: int, seq: int) -> str:
    return f"{card_id}:{seq}"


def seed_for(card: Card) -> int:
    """What the next presentation's numbers are drawn from: another for every row of the log, and below 2**63."""
    digest = sha256(f"numbers:{card.pk}:{card.revision + 1}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
