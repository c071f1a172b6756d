"""A card's whole schedule as a value: what the log stores before and after each row, and what replaying rebuilds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import IntEnum
from typing import Any


class State(IntEnum):
    NEW = 0  # introduced, never answered
    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`due_day` is when the card is asked; `scheduled_day` is what the scheduler wanted: evidence leaves it alone.

    Days are study days; `due` and `last_review` are instants in UTC.
    """

    due: datetime
    due_day: date
    state: int = State.NEW
    step: int | None = None
    stability: float | None = None
    difficulty: float | None = None
    scheduled_day: date | None = None
    last_review: datetime | None = None
    last_day: date | None = None
    reps: int = 0
    lapses: int = 0
    suspended: bool = False
    buried_until: date | None = None
    due_reason: str = ""
    covered_day: date | None = None  # a harder question stood in for it then, since its last own review

    def to_json(self) -> dict[str, Any]:
        return {
            name: value.isoformat() if isinstance(value, date) else value  # a datetime is a date too
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Snapshot:
        return cls(**{name: _parsed(name, value) for name, value in data.items()})


FIELDS = tuple(field.name for field in fields(Snapshot))
_INSTANTS = frozenset({"due", "last_review"})
_DAYS = frozenset({"due_day", "scheduled_day", "last_day", "buried_until", "covered_day"})


def _parsed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _INSTANTS:
        return datetime.fromisoformat(value)
    if name in _DAYS:
        return date.fromisoformat(value)
    return value
