"""When a card comes back: FSRS-6 by `fsrs`, as pure functions of the card, the rating, the instant and the preset.

Three things are ours, because the library leaves them open:
- elapsed time is counted in the learner's study days and is never negative;
- the day is picked by `spreading`, seeded by the card and the number of the log row, within the maximum interval;
- Hard is never later than Good, and Good is always earlier than Easy.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

import fsrs
from fsrs import Rating
from fsrs.scheduler import DEFAULT_PARAMETERS

from residual.reviews.snapshot import Snapshot, State
from residual.reviews.spreading import FULL_WEEK, Load, candidates, pick
from residual.reviews.study_calendar import StudyCalendar

MODEL_VERSION: Final = f"fsrs-6/{version('fsrs')}"
DEFAULT_WEIGHTS: Final = tuple(DEFAULT_PARAMETERS)
NOON: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
LONGEST_STEP_MINUTES: Final = 240  # with 1.5 times it for Hard, a step stays shorter than any study day


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a review is scheduled by. Steps are in minutes and rise; `maximum_interval` is in days, at least 2.

    `easy_days` are per cent of an ordinary day's work, Monday first.
    """

    desired_retention: float = 0.9
    maximum_interval: int = 365
    learning_minutes: tuple[int, ...] = (10,)
    relearning_minutes: tuple[int, ...] = (10,)
    weights: tuple[float, ...] = DEFAULT_WEIGHTS
    easy_days: tuple[int, ...] = FULL_WEEK

    def to_json(self) -> dict[str, Any]:
        """Everything but the weights, which the log keeps in a column of their own."""
        return {
            "desired_retention": self.desired_retention,
            "maximum_interval": self.maximum_interval,
            "learning_minutes": list(self.learning_minutes),
            "relearning_minutes": list(self.relearning_minutes),
            "easy_days": list(self.easy_days),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], weights: list[float]) -> Parameters:
        return cls(
            desired_retention=data["desired_retention"],
            maximum_interval=data["maximum_interval"],
            learning_minutes=tuple(data["learning_minutes"]),
            relearning_minutes=tuple(data["relearning_minutes"]),
            weights=tuple(weights),
            easy_days=tuple(data.get("easy_days", FULL_WEEK)),  # rows from before there were easy days lack them
        )


def review(
    card: Snapshot,
    rating: Rating,
    at: datetime,
    calendar: StudyCalendar,
    parameters: Parameters,
    fuzz_key: str,
    load: Load | None = None,
) -> Snapshot:
    """The card after it was rated `rating` at the instant `at`. A replay must give the same `fuzz_key` and `load`."""
    today = calendar.day(at)
    memory, interval = _outcomes(card, today, parameters, fuzz_key, load)[rating]
    due_day = today + timedelta(days=interval.days) if interval.days else calendar.day(at + interval)
    return replace(
        _remembered(card, memory, today),
        due=calendar.start(due_day) if interval.days else at + interval,
        due_day=due_day,
        scheduled_day=due_day,
        last_review=at,
        reps=card.reps + 1,
        lapses=card.lapses + (card.state == State.REVIEW and rating == Rating.Again),
        buried_until=None,
        due_reason="",
        covered_day=None,
    )


def preview(
    card: Snapshot, today: date, parameters: Parameters, fuzz_key: str, load: Load | None = None
) -> dict[Rating, timedelta]:
    """How long the card would stay away after each rating."""
    outcomes = _outcomes(card, today, parameters, fuzz_key, load)
    return {rating: interval for rating, (_, interval) in outcomes.items()}


def possible_days(card: Snapshot, today: date, parameters: Parameters) -> tuple[date, date] | None:
    """The first and the last study day on which a review of today could set the card; None where it could set none."""
    intervals = [_rated(card, rating, elapsed_days(card, today), parameters)[1].days for rating in Rating]
    reach = [candidates(days, parameters.maximum_interval) for days in intervals if days]
    if not reach:
        return None
    return today + timedelta(days=min(days[0] for days in reach)), today + timedelta(
        days=max(days[-1] for days in reach)
    )


def remember(card: Snapshot, rating: Rating, today: date, parameters: Parameters) -> Snapshot:
    """The memory alone after the rating, without a day to come back on: what a model of a learner needs."""
    return _remembered(card, _rated(card, rating, elapsed_days(card, today), parameters)[0], today)


def _remembered(card: Snapshot, memory: fsrs.Card, today: date) -> Snapshot:
    return replace(
        card,
        state=State(memory.state.value),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        last_day=today,
    )


def retrievability(card: Snapshot, today: date, parameters: Parameters) -> float:
    """The chance that the card is still known, 0 to 1; of use between days, since FSRS-6 says nothing within one."""
    if card.stability is None:
        return 0.0
    decay = -parameters.weights[20]
    factor = 0.9 ** (1 / decay) - 1
    return float((1 + factor * elapsed_days(card, today) / card.stability) ** decay)


def elapsed_days(card: Snapshot, today: date) -> int:
    """Study days since the last review; 0 for a new card, and where travel or a clock would make it negative."""
    return max(0, (today - card.last_day).days) if card.last_day else 0


def is_early(card: Snapshot, today: date) -> bool:
    """Whether the scheduler wanted this card on a later day."""
    return card.scheduled_day is not None and today < card.scheduled_day


Outcome = tuple[fsrs.Card, timedelta]  # the memory after the review, and the interval: whole days or a step of minutes


def _outcomes(
    card: Snapshot, today: date, parameters: Parameters, fuzz_key: str, load: Load | None
) -> dict[Rating, Outcome]:
    elapsed, longest = elapsed_days(card, today), parameters.maximum_interval
    outcomes = {rating: _rated(card, rating, elapsed, parameters) for rating in Rating}
    luck = random.Random(fuzz_key).random()  # noqa: S311 - spreads cards over days; nothing secret hangs on it
    days = {
        rating: pick(candidates(interval.days, longest), luck, today, load, parameters.easy_days)
        for rating, (_, interval) in outcomes.items()
        if interval.days
    }
    for rating, count in _in_order(days, longest).items():
        outcomes[rating] = (outcomes[rating][0], timedelta(days=count))
    return outcomes


def _rated(card: Snapshot, rating: Rating, elapsed: int, parameters: Parameters) -> Outcome:
    # The library counts 24-hour periods between instants. Noon of consecutive dates makes them study days.
    now = NOON
    memory = fsrs.Card(
        card_id=1,  # without one the library sleeps to make one up
        state=fsrs.State(card.state or fsrs.State.Learning),
        step=card.step,
        stability=card.stability,
        difficulty=card.difficulty,
        last_review=now - timedelta(days=elapsed) if card.last_day else None,
    )
    after, _ = _engine(parameters).review_card(memory, rating, review_datetime=now)
    return after, after.due - now


@lru_cache(maxsize=256)
def _engine(parameters: Parameters) -> fsrs.Scheduler:
    return fsrs.Scheduler(
        parameters=parameters.weights,
        desired_retention=parameters.desired_retention,
        learning_steps=[timedelta(minutes=step) for step in parameters.learning_minutes],
        relearning_steps=[timedelta(minutes=step) for step in parameters.relearning_minutes],
        maximum_interval=parameters.maximum_interval,
        enable_fuzzing=False,
    )


def _in_order(days: dict[Rating, int], maximum: int) -> dict[Rating, int]:
    """Hard <= Good < Easy, where they are whole days; a step of minutes is before those anyway."""
    if Rating.Good not in days:
        return days
    hard = days.get(Rating.Hard, 0)
    good = min(max(days[Rating.Good], hard), maximum - 1)
    ordered = {**days, Rating.Good: good, Rating.Easy: min(max(days[Rating.Easy], good + 1), maximum)}
    return {**ordered, Rating.Hard: min(hard, good)} if hard else ordered
