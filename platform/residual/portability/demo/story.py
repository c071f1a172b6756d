"""Months of believable study, day by day: reviews every evening, a lab, a reading or a new quiz after them.

The same seed on the same content tells the same story, up to what hangs on row numbers: the numbers drawn for a
question, and the fuzz of its schedule.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from curriculum.models import Activity
from labs.models import Lab
from labs.queries import live_labs
from residual.accounts.models import User
from residual.portability.demo import coding, studying
from residual.portability.demo.account import insist
from residual.progress.models import Completion, Evidence
from residual.progress.services import TICKABLE, tick_reading
from residual.reviews.services import start_quiz, take_up_evidence

STUDIES: Final = 0.8  # of the days
GOES_ON: Final = 0.65  # of those evenings; on the others reviews are enough
HOLIDAY: Final = range(40, 47)  # days before today on which nothing happened: real histories have a gap
EVENING: Final = time(18, 30)
AFTER_REVIEWS: Final = timedelta(minutes=75)


@dataclass(frozen=True, slots=True)
class Evening:
    """What is done on one day after the reviews. A lab of several evenings is sent on each, and passes on the last."""

    activity: Activity
    attempt: coding.Try | None = None


def tell(user: User, *, weeks: int, seed: int, now: datetime | None = None) -> int:
    """Fill the last `weeks` weeks up to yesterday; returns the number of days studied. DemoError for a real account."""
    insist(user)
    began = now or timezone.now()
    evenings, pace = _evenings(_chance(seed, "labs")), _chance(seed, "pace")
    days = list(_days(user.study_day(began), weeks, _chance(seed, "days")))
    for at in days:
        evening = next(evenings, None) if pace.random() < GOES_ON else None
        with transaction.atomic():  # a day at a time: nobody else waits long for the database
            _study(user, _chance(seed, str(at)), at, evening)
            _date_back(user, began, at)
    return len(days)


def _chance(seed: int, what: str) -> random.Random:
    """A source for each thing alone, so that one more card does not change which days come after it."""
    return random.Random(f"{seed}-{what}")  # noqa: S311  a story, not a secret


def _days(today: date, weeks: int, chance: random.Random) -> Iterator[datetime]:
    """The evenings on which something happened, oldest first; the last two always."""
    for ago in range(7 * weeks, 0, -1):
        if ago <= 2 or (ago not in HOLIDAY and chance.random() < STUDIES):
            start = datetime.combine(today - timedelta(days=ago), EVENING, tzinfo=ZoneInfo("UTC"))
            yield start + timedelta(minutes=chance.randint(0, 90))


def _study(user: User, chance: random.Random, at: datetime, evening: Evening | None) -> None:
    take_up_evidence(user, at)
    studying.review(user, chance, at)
    at += AFTER_REVIEWS
    if evening is None:
        return
    if evening.attempt:
        lab = Lab.objects.get(pk=evening.activity.ref)
        coding.submit(user, lab, evening.attempt, at)
    elif evening.activity.kind in TICKABLE:
        tick_reading(user, evening.activity)
    elif evening.activity.about:
        start_quiz(user, evening.activity.about, at)


def _evenings(chance: random.Random) -> Iterator[Evening]:
    """The released activities in the roadmap's order, spread over evenings."""
    labs = {lab.pk: lab for lab in live_labs()}
    released = Activity.objects.live().filter(released=True).select_related("paper", "topic", "week")
    for activity in released.order_by("week__number", "order"):
        if activity.kind != Activity.Kind.LAB:
            yield Evening(activity)
        elif lab := labs.get(activity.ref):
            yield from (Evening(activity, attempt) for attempt in coding.tries(lab, chance))


def _date_back(user: User, began: datetime, at: datetime) -> None:
    """Services stamp what they write with the clock; in the story it happened that evening."""
    completions, evidence = Completion.objects.filter(user=user), Evidence.objects.filter(user=user)
    completions.filter(created_at__gte=began).update(created_at=at)
    completions.filter(completed_at__gte=began).update(completed_at=at)
    evidence.filter(created_at__gte=began).update(created_at=at, study_day=user.study_day(at))
    evidence.filter(consumed_at__gte=began).update(consumed_at=at)
