"""Making cards: when a learner starts a quiz, and as the roadmap goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from curriculum.models import Activity, Paper, Question, Topic
from curriculum.queries import WHOLE_LAB, questions
from residual.accounts.models import User
from residual.progress.models import Completion
from residual.progress.queries import weekly_table
from residual.reviews.ledger import Happening
from residual.reviews.models import Card, ReviewLog
from residual.reviews.snapshot import Snapshot

AGAIN_AFTER: Final = timedelta(days=14)  # a lab passed yesterday would be typed from memory of the hands


def start_quiz(user: User, about: Paper | Topic, now: datetime | None = None) -> int:
    """Make cards of the quiz's questions, core ones first; return how many are new. A second start makes none.

    Whole labs are left out: they come by `introduce_labs_again`.
    """
    asked = questions(about.pk).exclude(WHOLE_LAB).order_by("-core", "order", "id")
    return len(introduce(user, list(asked), now))


def introduce_roadmap(user: User, now: datetime | None = None) -> int:
    """Make cards of the core questions of every week in progress and of every paper read; return how many are new."""
    weeks = [row.week for row in weekly_table(user) if row.state == "in_progress"]
    quizzes = Activity.objects.live().filter(kind=Activity.Kind.QUIZ, week__number__in=weeks)
    named = Q(paper__in=quizzes.values("ref")) | Q(topic__in=quizzes.values("ref")) | Q(paper__in=_read(user))
    core = Question.objects.live().filter(named, core=True)
    missing = core.exclude(cards__user=user).order_by("topic", "paper", "order", "id")
    return len(introduce(user, list(missing), now))


def _read(user: User) -> QuerySet[Activity, str]:
    """The papers of the readings that the learner ticked: those off the required way have their quiz no other way."""
    ticked = Completion.objects.filter(user=user, kind=Completion.Kind.READING, share=1)
    readings = Activity.objects.live().filter(
        kind=Activity.Kind.READING, paper__isnull=False, ref__in=ticked.values("ref")
    )
    return readings.values_list("paper", flat=True)


def introduce_labs_again(user: User, now: datetime | None = None) -> int:
    """Make cards of the whole labs that were passed two weeks ago or earlier; return how many are new."""
    before = (now or timezone.now()) - AGAIN_AFTER
    passed = Completion.objects.filter(user=user, kind=Completion.Kind.LAB, share=1, completed_at__lte=before)
    labs = set(passed.values_list("ref", flat=True))
    if not labs:
        return 0
    waiting = Question.objects.live().filter(WHOLE_LAB).exclude(cards__user=user).order_by("id")
    return len(introduce(user, [question for question in waiting if question.spec["lab"] in labs], now))


def introduce(user: User, questions: Sequence[Question], now: datetime | None = None) -> list[Card]:
    """Make the cards that the learner does not have yet, due today; the daily limit decides how many are asked."""
    if not questions:
        return []
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two starts at once must not both make a card
        known = set(Card.objects.filter(user=user, question__in=questions).values_list("question", flat=True))
        happening = Happening.now(user, "", now)
        fresh = Snapshot(due=happening.at, due_day=happening.day)
        cards = Card.objects.bulk_create(
            _card(user, question, fresh) for question in questions if question.pk not in known
        )
        ReviewLog.objects.bulk_create(_row(card, fresh, happening) for card in cards)
    return cards


def _card(user: User, question: Question, fresh: Snapshot) -> Card:
    return Card(user=user, question=question, revision=1, created_at=fresh.due, due=fresh.due, due_day=fresh.due_day)


def _row(card: Card, fresh: Snapshot, happening: Happening) -> ReviewLog:
    return ReviewLog(
        user_id=card.user_id,
        card=card,
        seq=1,
        kind=ReviewLog.Kind.INTRODUCE,
        at=happening.at,
        study_day=happening.day,
        idempotency_key=f"introduce:{card.pk}",
        state_before=fresh.state,
        before=fresh.to_json(),
        after=fresh.to_json(),
        due=fresh.due,
    )
