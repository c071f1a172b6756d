"""How a week's completion is counted. Pure: numbers in, points out; a week is 100 points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Part(StrEnum):
    LABS = "labs"
    LEARNED = "learned"
    KEPT = "kept"
    SELF_REPORTED = "self_reported"  # readings, theory and journal


WEIGHTS: Final[Mapping[Part, float]] = {Part.LABS: 60, Part.LEARNED: 15, Part.KEPT: 10, Part.SELF_REPORTED: 15}
CAPSTONE_LABS: Final = 70  # the other parts share the rest in their usual proportion


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that counts. `share` is how much of it is done, 0 to 1; `minutes` is its weight within its part."""

    key: str
    minutes: int
    share: float
    assisted: bool = False


@dataclass(frozen=True, slots=True)
class ItemScore:
    item: Item
    weight: float  # points it can give
    points: float  # points it gives now


@dataclass(frozen=True, slots=True)
class PartScore:
    part: Part
    weight: float
    items: tuple[ItemScore, ...]

    @property
    def points(self) -> float:
        return sum(score.points for score in self.items)

    @property
    def done(self) -> bool:
        return all(score.item.share >= 1 for score in self.items)


@dataclass(frozen=True, slots=True)
class WeekScore:
    parts: tuple[PartScore, ...]

    @property
    def points(self) -> float:
        return min(100.0, sum(part.points for part in self.parts))

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 means everything is done."""
        return int(self.points + 1e-6)

    @property
    def attested(self) -> float:
        """Points that rest on the learner's own word."""
        return sum(part.points for part in self.parts if part.part is Part.SELF_REPORTED)

    @property
    def assisted(self) -> float:
        """Points of labs passed after the solution was opened."""
        return sum(score.points for part in self.parts for score in part.items if score.item.assisted)

    @property
    def complete(self) -> bool:
        """Whether all but *kept* is there. A week without anything to do is never complete."""
        counted = [part for part in self.parts if part.part is not Part.KEPT]
        return bool(counted) and all(part.done for part in counted)


def part_weights(present: Sequence[Part], *, capstone: bool) -> dict[Part, float]:
    """Points of each present part; they sum to 100, because absent parts give theirs to the others."""
    base = _capstone_weights() if capstone else WEIGHTS
    total = sum(base[part] for part in present)
    return {part: 100 * base[part] / total for part in present}


def score_week(items: Mapping[Part, Sequence[Item]], *, capstone: bool) -> WeekScore:
    """Points of a week. `items` holds what is required; stretch items stay out."""
    weights = part_weights([part for part in Part if items.get(part)], capstone=capstone)
    return WeekScore(tuple(_score_part(part, weight, items[part]) for part, weight in weights.items()))


def _capstone_weights() -> dict[Part, float]:
    scale = (100 - CAPSTONE_LABS) / (100 - WEIGHTS[Part.LABS])
    return {part: CAPSTONE_LABS if part is Part.LABS else weight * scale for part, weight in WEIGHTS.items()}


def _score_part(part: Part, weight: float, items: Sequence[Item]) -> PartScore:
    minutes = sum(max(item.minutes, 1) for item in items)
    shares = ((item, weight * max(item.minutes, 1) / minutes) for item in items)
    return PartScore(part, weight, tuple(ItemScore(item, points, points * item.share) for item, points in shares))
