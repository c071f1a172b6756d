"""What there is to review: the queue, the count that every page shows, and the forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from curriculum.models import Question
from residual.accounts.models import User
from residual.reviews.day_plan import allowed, easier_first, harder_first, interleaved, may_retry, of_easy_day, room
from residual.reviews.models import Card, MoreTime, Preset, ReviewLog
from residual.reviews.scheduler import Parameters, possible_days
from residual.reviews.snapshot import State
from residual.reviews.spreading import FULL_WEEK

# A step that ends within this time is asked once nothing else is left, so that a session need not be waited out.
LEARN_AHEAD: Final = timedelta(minutes=20)
QUEUE_LENGTH: Final = 200
KATA: Final = Question.Kind.KATA.value
KATAS_A_DAY: Final = 1
LONGEST_COUNTED_MS: Final = 120_000
_IN_STEPS: Final = (State.LEARNING, State.RELEARNING)
_DEFAULT: Final = Preset()


@dataclass(frozen=True, slots=True)
class Today:
    """Cards of one learner's study day. `held_*` wait for another day because of the daily limits."""

    learning: int
    reviews: int
    new: int
    held_reviews: int
    held_new: int
    answered: int
    katas: int = 0  # on top of the day's minutes: they are its piece of code
    held_retries: int = 0
    out_of_time: bool = False  # some wait because the day's minutes are spent
    minutes: int = 0  # that may be spent, with those asked for on top

    @property
    def total(self) -> int:
        return self.learning + self.reviews + self.new + self.katas

    @property
    def held(self) -> int:
        return self.held_retries + self.held_reviews + self.held_new


def due_count(user: User, now: datetime | None = None) -> int:
    """How many cards can be answered now. One query."""
    return today(user, now).total


def today(user: User, now: datetime | None = None) -> Today:
    """The day in numbers, in one query: subqueries on the partial index of cards and the day index of the log."""
    moment = now or timezone.now()
    every = _askable(Card.objects.filter(user=OuterRef("pk")), user, moment)
    cards = every.exclude(question__kind=KATA)
    whole = ReviewLog.objects.filter(user=OuterRef("pk"), study_day=user.study_day(moment), kind=ReviewLog.Kind.REVIEW)
    log = whole.exclude(card__question__kind=KATA)
    row = User.objects.annotate(
        learning_now=_count(cards.filter(state__in=_IN_STEPS)),
        reviews_now=_count(cards.filter(state=State.REVIEW)),
        new_now=_count(cards.filter(state=State.NEW)),
        reviews_done=_count(log.filter(state_before=State.REVIEW)),
        new_done=_count(log.filter(state_before=State.NEW)),
        answered=_count(whole),
        katas_now=_count(every.filter(question__kind=KATA)),
        katas_done=_count(whole.filter(card__question__kind=KATA)),
        reviews_limit=Coalesce("review_preset__daily_reviews", _DEFAULT.daily_reviews),
        new_limit=Coalesce("review_preset__daily_new", _DEFAULT.daily_new),
        easy_days=F("review_preset__easy_days"),
        minutes=Coalesce("review_preset__daily_minutes", _DEFAULT.daily_minutes)
        + Coalesce(Subquery(_more_time(user.study_day(moment))), 0),
        spent_ms=_spent_ms(log),
    ).get(pk=user.pk)
    easy = (row.easy_days or FULL_WEEK)[user.study_day(moment).weekday()]
    reviews = allowed(row.reviews_now, row.reviews_done, row.reviews_limit)
    new = allowed(row.new_now, row.new_done, of_easy_day(row.new_limit, easy))
    retries = row.learning_now if may_retry(row.minutes, row.spent_ms / 1000) else 0
    begun = room(row.minutes, row.spent_ms / 1000, row.learning_now)
    asked = min(reviews, begun)
    met = min(new, begun - asked)
    return Today(
        learning=retries,
        reviews=asked,
        new=met,
        held_reviews=row.reviews_now - asked,
        held_new=row.new_now - met,
        answered=row.answered,
        katas=allowed(row.katas_now, row.katas_done, KATAS_A_DAY),
        held_retries=row.learning_now - retries,
        out_of_time=retries + asked + met < row.learning_now + reviews + new,
        minutes=row.minutes,
    )


def _more_time(study_day: date) -> QuerySet[MoreTime, int]:
    asked_for = MoreTime.objects.filter(user=OuterRef("pk"), study_day=study_day)
    return asked_for.values_list("minutes", flat=True)


def due(user: User, now: datetime | None = None) -> list[Card]:
    """The cards to answer now, first one first: retries, reviews, new ones, steps about to end, and one kata.

    Neighbours come from different quizzes where that is possible.
    """
    moment = now or timezone.now()
    day = today(user, moment)
    askable = _askable(Card.objects.filter(user=user), user, moment)
    cards = _in_turn(askable.exclude(question__kind=KATA), moment)
    katas = _in_turn(askable.filter(question__kind=KATA), moment)[: day.katas] if day.katas else []
    turns: dict[int, list[Card]] = {turn: [] for turn in range(4)}
    for card in cards[:QUEUE_LENGTH]:
        turns[card.turn].append(card)  # type: ignore[attr-defined]  # an annotation of _in_turn
    retries, reviews, new, ahead = turns.values()
    pointed = [card for card in reviews if card.due_reason]  # nothing stands in for what a failed check points at
    others = harder_first([card for card in reviews if not card.due_reason], _name, _covers)
    fresh = easier_first(new, _name, _covers)
    mixed = interleaved(
        [*[*pointed, *others][: day.reviews], *fresh[: day.new]], _quiz, _last_quiz(user, user.study_day(moment))
    )
    quick = mixed if day.held_retries else [*retries, *mixed, *ahead]
    return [*quick, *katas]


def _name(card: Card) -> str:
    return card.question_id


def _covers(card: Card) -> Sequence[str]:
    covers: list[str] = card.question.covers
    return covers


def _quiz(card: Card) -> str:
    return card.question.about_id


@dataclass(frozen=True, slots=True)
class ForecastDay:
    day: date
    cards: int


def forecast(user: User, days: int = 14, now: datetime | None = None) -> list[ForecastDay]:
    """How many cards fall due on each of the next `days` study days after today, new ones not counted."""
    first = user.study_day(now or timezone.now()) + timedelta(days=1)
    last = first + timedelta(days=days - 1)
    rows = (
        _live(Card.objects.filter(user=user, suspended=False, due_day__range=(first, last)))
        .values_list("due_day")
        .annotate(cards=Count("pk"))
    )
    counts: dict[date, int] = dict(rows)
    return [ForecastDay(day, counts.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))]


def load_around(user: User, card: Card, today: date, parameters: Parameters) -> dict[date, int]:
    """How many other cards are due on each study day that a review of `card` could choose; empty days are missing."""
    days = possible_days(card.snapshot(), today, parameters)
    if days is None:
        return {}
    others = Card.objects.filter(user=user, suspended=False, due_day__range=days).exclude(pk=card.pk)
    return dict(_live(others).values_list("due_day").annotate(cards=Count("pk")).order_by("due_day"))


def last_answer(user: User, now: datetime | None = None) -> ReviewLog | None:
    """Today's latest answer that has not been taken back: what Undo would undo."""
    day = user.study_day(now or timezone.now())
    rows = ReviewLog.objects.filter(user=user, study_day=day, kind__in=[ReviewLog.Kind.REVIEW, ReviewLog.Kind.UNDO])
    standing = effective(rows.select_related("card__question").order_by("pk"))
    return standing[-1] if standing else None


def effective(rows: Iterable[ReviewLog]) -> list[ReviewLog]:
    """The reviews among `rows` that no later row takes back, in the order given."""
    known = list(rows)
    undone = {(row.card_id, row.undoes) for row in known if row.undoes is not None}
    return [row for row in known if row.kind == ReviewLog.Kind.REVIEW and (row.card_id, row.seq) not in undone]


def _askable(cards: QuerySet[Card], user: User, now: datetime) -> QuerySet[Card]:
    day = user.study_day(now)
    return _live(cards).filter(
        Q(buried_until__isnull=True) | Q(buried_until__lte=day),
        ~Q(state__in=_IN_STEPS, due__gt=now + LEARN_AHEAD),
        suspended=False,
        due_day__lte=day,
    )


def with_quizzes(cards: QuerySet[Card]) -> QuerySet[Card]:
    """Each card with its question and the paper or topic that is about, in the same query."""
    return cards.select_related("question__paper", "question__topic")


def _live(cards: QuerySet[Card]) -> QuerySet[Card]:
    return cards.filter(question__retired_at__isnull=True)


def _in_turn(cards: QuerySet[Card], now: datetime) -> QuerySet[Card]:
    turn = Case(
        When(state=State.NEW, then=Value(2)),
        When(state=State.REVIEW, then=Value(1)),
        When(due__lte=now, then=Value(0)),
        default=Value(3),
        output_field=IntegerField(),
    )
    # Within a turn: what a failed check points at first, then the longest due, then as introduced.
    return with_quizzes(cards).annotate(turn=turn).order_by("turn", "due_day", "due", "pk")


def _count(rows: QuerySet[Card] | QuerySet[ReviewLog]) -> Coalesce:
    per_user = rows.order_by().values("user").annotate(cards=Count(_card(rows), distinct=True)).values("cards")
    return Coalesce(Subquery(per_user, output_field=IntegerField()), 0)


def _spent_ms(log: QuerySet[ReviewLog]) -> Coalesce:
    """Milliseconds of the day's answers; a long one counts for two minutes, since nobody reviews through lunch."""
    each = Least(Coalesce("duration_ms", 0), LONGEST_COUNTED_MS)
    per_user = log.order_by().values("user").annotate(spent=Sum(each)).values("spent")
    return Coalesce(Subquery(per_user, output_field=IntegerField()), 0)


def _card(rows: QuerySet[Card] | QuerySet[ReviewLog]) -> F:
    return F("pk") if rows.model is Card else F("card")


def _last_quiz(user: User, day: date) -> str | None:
    rows = ReviewLog.objects.filter(user=user, study_day=day, kind=ReviewLog.Kind.REVIEW).order_by("-pk")
    quiz = Coalesce("card__question__paper_id", "card__question__topic_id")
    return rows.annotate(quiz=quiz).values_list("quiz", flat=True).first()
