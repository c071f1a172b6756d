"""What a learner's reviews add up to. The database counts: a page takes the same queries at 10,000."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Least

from residual.accounts.models import User
from residual.reviews.models import Card, ReviewLog
from residual.reviews.queries import LONGEST_COUNTED_MS, with_quizzes
from residual.reviews.snapshot import State

MATURE_DAYS: Final = 21  # of stability, as other tools count
GAPS: Final = ((1, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, 90), (91, None))  # first and last day of each bucket


@dataclass(frozen=True, slots=True)
class Gap:
    """Due reviews after so many study days, and how many of them were right."""

    first: int
    last: int | None
    reviews: int
    right: int

    @property
    def share(self) -> float:
        return self.right / self.reviews if self.reviews else 0.0


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    answers: int
    minutes: float


@dataclass(frozen=True, slots=True)
class States:
    """Cards by what they are; suspended ones are in none of the first four."""

    new: int
    learning: int
    young: int
    mature: int
    suspended: int
    sticking: int  # of all of them

    @property
    def total(self) -> int:
        return self.new + self.learning + self.young + self.mature + self.suspended


def true_retention(user: User) -> list[Gap]:
    """Right answers among due reviews, by the days since the review before. Early and taken-back ones don't count."""
    due = _standing(user).filter(state_before=State.REVIEW, early=False, elapsed_days__gte=1)
    cases = [
        When(elapsed_days__lte=last, then=Value(place)) for place, (_, last) in enumerate(GAPS) if last is not None
    ]
    bucket = Case(*cases, default=Value(len(GAPS) - 1), output_field=IntegerField())
    rows = due.annotate(bucket=bucket).order_by().values_list("bucket")
    counted = rows.annotate(reviews=Count("pk"), right=Count("pk", filter=Q(correct=True)))
    found = {place: (reviews, right) for place, reviews, right in counted}
    return [Gap(first, last, *found.get(place, (0, 0))) for place, (first, last) in enumerate(GAPS)]


def days(user: User, today: date, count: int) -> list[Day]:
    """The last `count` study days up to today, each with its answers and minutes; days without an answer too."""
    first = today - timedelta(days=count - 1)
    rows = ReviewLog.objects.filter(user=user, kind=ReviewLog.Kind.REVIEW, study_day__range=(first, today))
    spent = Sum(Least(Coalesce("duration_ms", 0), LONGEST_COUNTED_MS))
    counted = rows.order_by().values_list("study_day").annotate(answers=Count("card", distinct=True), ms=spent)
    found = {day: (answers, ms / 60_000) for day, answers, ms in counted}
    return [Day(day, *found.get(day, (0, 0.0))) for day in (first + timedelta(days=n) for n in range(count))]


def states(user: User, leech_lapses: int) -> States:
    here = Q(suspended=False)
    in_review = here & Q(state=State.REVIEW)
    mature = in_review & Q(stability__gte=MATURE_DAYS)
    counts = live_cards(user).aggregate(
        new=Count("pk", filter=here & Q(state=State.NEW)),
        learning=Count("pk", filter=here & Q(state__in=(State.LEARNING, State.RELEARNING))),
        young=Count("pk", filter=in_review & Q(stability__lt=MATURE_DAYS)),
        mature=Count("pk", filter=mature),
        suspended=Count("pk", filter=Q(suspended=True)),
        sticking=Count("pk", filter=Q(lapses__gte=leech_lapses)),
    )
    return States(**counts | ({} if leech_lapses else {"sticking": 0}))


def sticking_points(user: User, leech_lapses: int, most: int = 10) -> Sequence[Card]:
    """The cards that slipped most often, worst first."""
    if not leech_lapses:
        return []
    cards = with_quizzes(live_cards(user).filter(lapses__gte=leech_lapses))
    return list(cards.order_by("-lapses", "pk")[:most])


def due_by_day(user: User, today: date, count: int) -> list[tuple[date, int]]:
    """Cards that fall due today and on each of the days after; overdue ones are today's, new ones left out."""
    last = today + timedelta(days=count - 1)
    cards = live_cards(user).filter(suspended=False, due_day__lte=last).exclude(state=State.NEW)
    found: Counter[date] = Counter()
    for day, number in cards.order_by().values_list("due_day").annotate(cards=Count("pk")):
        found[max(day, today)] += number
    return [(day, found[day]) for day in (today + timedelta(days=n) for n in range(count))]


def live_cards(user: User) -> QuerySet[Card]:
    return Card.objects.filter(user=user, question__retired_at__isnull=True)


def _standing(user: User) -> QuerySet[ReviewLog]:
    """Reviews that no later row takes back."""
    undone = ReviewLog.objects.filter(card=OuterRef("card"), undoes=OuterRef("seq"))
    reviews = ReviewLog.objects.filter(user=user, kind=ReviewLog.Kind.REVIEW)
    return reviews.annotate(taken_back=Exists(undone)).filter(taken_back=False)
