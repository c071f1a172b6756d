"""A learner who does not exist, reviewing for real: scheduler, limits and order of a day are the site's own.

Only three things are made up, and named here: what the learner remembers (FSRS-6 with weights of their own), how long
an answer takes, and which days they come. Pure, and the same for the same seed. It says what a preset costs before
somebody spends weeks on finding out.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from fsrs import Rating

from residual.reviews import scheduler
from residual.reviews.day_plan import allowed, may_retry, of_easy_day, room
from residual.reviews.scheduler import DEFAULT_WEIGHTS, Parameters
from residual.reviews.snapshot import Snapshot, State
from residual.reviews.study_calendar import StudyCalendar

MONDAY: Final = date(2026, 1, 5)
CALENDAR: Final = StudyCalendar("UTC", 4)
RIGHT_S: Final = 20.0  # mean seconds of a right answer, reading included
WRONG_S: Final = 40.0  # of a wrong one, with its explanation
_SPREAD: Final = 0.5  # of the logarithm of either
_IN_STEPS: Final = (State.LEARNING, State.RELEARNING)
KNOWN_AT_FIRST: Final = 0.6  # a first answer is given after the paper was read
KNOWN_ON_RETRY: Final = 0.95  # ten minutes after the answer was shown


@dataclass(frozen=True, slots=True)
class Plan:
    """What a learner goes through: new cards per week of the roadmap, limits, and how the days are spent."""

    weeks: Sequence[int]  # core cards that each week introduces
    parameters: Parameters = field(default_factory=Parameters)
    daily_new: int = 10
    daily_reviews: int = 40
    daily_minutes: int = 15
    attendance: float = 6 / 7  # share of the days on which the learner comes
    away: range = range(0)  # days from the start that are missed altogether


@dataclass(slots=True)
class Days:
    """What came of it, a number per day from the first on; nothing on days missed."""

    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    due: int = 0  # reviews that were due, over all days
    kept: int = 0  # those of them that were answered right
    known: float = 0.0  # share of all cards that the learner would know on the last day


@dataclass(slots=True)
class _Card:
    seen: Snapshot  # what the scheduler believes
    true: Snapshot  # what the learner's own memory does


@dataclass(slots=True)
class _Learner:
    plan: Plan
    number: int
    luck: random.Random
    memory: Parameters
    cards: list[_Card] = field(default_factory=list)
    days: Days = field(default_factory=Days)


def simulate(plan: Plan, number: int, extra_days: int = 0) -> Days:
    """The days of learner `number`: the weeks of the plan, then `extra_days` without new cards."""
    luck = random.Random(f"learner {number}")  # noqa: S311 - a simulation
    learner = _Learner(plan, number, luck, Parameters(weights=_own_weights(luck)))
    for day in range(7 * len(plan.weeks) + extra_days):
        if day % 7 == 0 and day // 7 < len(plan.weeks):
            learner.cards += [_fresh(day) for _ in range(plan.weeks[day // 7])]
        comes = luck.random() < plan.attendance and day not in plan.away
        answers, seconds = _study(learner, day) if comes else (0, 0.0)
        learner.days.answers.append(answers)
        learner.days.seconds.append(seconds)
    last = _date(len(learner.days.answers) - 1)
    chances = [scheduler.retrievability(card.true, last, learner.memory) for card in learner.cards]
    learner.days.known = sum(chances) / len(chances) if chances else 0.0
    return learner.days


def _own_weights(luck: random.Random) -> tuple[float, ...]:
    """Weights around the defaults: this learner forgets more quickly or slowly than the scheduler believes."""
    pace = luck.lognormvariate(0, 0.4)  # of the four first stabilities, the part that differs most between people
    return tuple(min(weight * pace, 100.0) if place < 4 else weight for place, weight in enumerate(DEFAULT_WEIGHTS))


def _fresh(day: int) -> _Card:
    start = Snapshot(due=_instant(day), due_day=_date(day))
    return _Card(start, start)


def _study(learner: _Learner, day: int) -> tuple[int, float]:
    """One session to its end: reviews and new cards within the limits, then the retries."""
    plan, today = learner.plan, _date(day)
    ready = [card for card in learner.cards if card.seen.due_day <= today]
    retries = deque(card for card in ready if card.seen.state in _IN_STEPS)  # left over from a day that ended
    reviews = sorted((card for card in ready if card.seen.state == State.REVIEW), key=lambda card: card.seen.due)
    new = [card for card in ready if card.seen.state == State.NEW]
    new_limit = of_easy_day(plan.daily_new, plan.parameters.easy_days[today.weekday()])
    queue = deque(reviews[: allowed(len(reviews), 0, plan.daily_reviews)] + new[: allowed(len(new), 0, new_limit)])
    load = Counter(card.seen.due_day for card in learner.cards)
    answers, seconds = 0, 0.0
    while retries or queue:
        if queue and not room(plan.daily_minutes, seconds, len(retries)):
            queue.clear()  # the rest waits for another day
            continue
        if not may_retry(plan.daily_minutes, seconds):
            break
        card = queue.popleft() if queue else retries.popleft()
        right = _answer(learner, card, day, answers, load)
        answers += 1
        seconds += learner.luck.lognormvariate(-(_SPREAD**2) / 2, _SPREAD) * (RIGHT_S if right else WRONG_S)
        if card.seen.due_day <= today:  # a step of minutes: asked again before the session ends
            retries.append(card)
    return answers, seconds


def _answer(learner: _Learner, card: _Card, day: int, count: int, load: Counter[date]) -> bool:
    today = _date(day)
    at = _instant(day) + timedelta(minutes=count)
    right = learner.luck.random() < _chance(card, today, learner.memory)
    if card.seen.state == State.REVIEW:
        learner.days.due += 1
        learner.days.kept += right
    rating = Rating.Good if right else Rating.Again
    key = f"{learner.number}:{day}:{count}"
    load[card.seen.due_day] -= 1
    card.seen = scheduler.review(card.seen, rating, at, CALENDAR, learner.plan.parameters, key, load)
    card.true = scheduler.remember(card.true, rating, today, learner.memory)
    load[card.seen.due_day] += 1
    return right


def _chance(card: _Card, today: date, memory: Parameters) -> float:
    if card.true.stability is None:
        return KNOWN_AT_FIRST
    if card.seen.state in _IN_STEPS:
        return KNOWN_ON_RETRY
    return scheduler.retrievability(card.true, today, memory)


def _date(day: int) -> date:
    return MONDAY + timedelta(days=day)


def _instant(day: int) -> datetime:
    return datetime.combine(_date(day), time(18), tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Summary:
    """Many learners' days in a line. Minutes and answers are of days on which the learner came."""

    mean_answers: float
    most_answers: int
    mean_minutes: float
    most_minutes: float
    over_quarter_hour: int  # days longer than fifteen minutes, of `study_days`
    study_days: int
    retention: float  # share of due reviews answered right


def summary(learners: Iterable[Days]) -> Summary:
    """Raises ValueError where nobody came on any day."""
    every = list(learners)
    answers = [count for days in every for count in days.answers if count]
    minutes = [seconds / 60 for days in every for seconds in days.seconds if seconds]
    if not answers:
        raise ValueError("nobody came: there is nothing to sum up")
    due = sum(days.due for days in every)
    return Summary(
        mean_answers=sum(answers) / len(answers),
        most_answers=max(answers),
        mean_minutes=sum(minutes) / len(minutes),
        most_minutes=max(minutes),
        over_quarter_hour=sum(length > 15 for length in minutes),
        study_days=len(minutes),
        retention=sum(days.kept for days in every) / due if due else 0.0,
    )


def with_retention(plan: Plan, share: float) -> Plan:
    return replace(plan, parameters=replace(plan.parameters, desired_retention=share))
