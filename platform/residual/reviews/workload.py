"""What another desired retention would cost: a few simulated learners with the preset's other settings."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from django.core.cache import cache

from residual.reviews.scheduler import MODEL_VERSION, Parameters
from residual.reviews.simulation import Plan, simulate

SHARES: Final = (0.75, 0.8, 0.85, 0.9, 0.95)
CARDS: Final = 60
WEEKS: Final = 12
LEARNERS: Final = 2
_CACHED_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Workload:
    """Twelve weeks with `CARDS` cards, all begun in the first four."""

    retention: float  # desired
    answers: float  # a day and card
    minutes: float
    known: float  # share of the cards known on the last day


def preview(parameters: Parameters) -> list[Workload]:
    """A line for each of `SHARES`. Pure; a few tenths of a second: see `cached_preview`."""
    return [_of(replace(parameters, desired_retention=share)) for share in SHARES]


def cached_preview(parameters: Parameters) -> list[Workload]:
    """The preview, kept for a month: it depends on the settings and on nothing else."""
    words = json.dumps([MODEL_VERSION, parameters.to_json(), parameters.weights], sort_keys=True)
    key = f"reviews-workload-{sha256(words.encode()).hexdigest()}"
    rows: list[list[float]] | None = cache.get(key)
    if rows is None:
        rows = [_row(line) for line in preview(parameters)]
        cache.set(key, rows, _CACHED_S)
    return [Workload(*row) for row in rows]


def _of(parameters: Parameters) -> Workload:
    begun = [CARDS // 4] * 4 + [0] * (WEEKS - 4)
    learners = [simulate(Plan(begun, parameters, attendance=1.0), number) for number in range(LEARNERS)]
    spread = LEARNERS * 7 * WEEKS * CARDS
    return Workload(
        retention=parameters.desired_retention,
        answers=sum(sum(days.answers) for days in learners) / spread,
        minutes=sum(sum(days.seconds) for days in learners) / 60 / spread,
        known=sum(days.known for days in learners) / LEARNERS,
    )


def _row(line: Workload) -> list[float]:
    return [line.retention, line.answers, line.minutes, line.known]
