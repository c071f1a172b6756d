"""Making cards: when a learner starts a quiz, and as the roadmap goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from curriculum.models import Activity, Paper, Question
from residual.accounts.models import User
from residual.progress.queries import weekly_table
from residual.reviews.ledger import Happening
from residual.reviews.models import Card, ReviewLog
from residual.reviews.snapshot import Snapshot


def start_quiz(user: User, paper: Paper, now: datetime | None = None) -> int:
    """Make cards of the paper's questions, core ones first; return how many are new. A second start makes none."""
    questions = Question.objects.live().filter(paper=paper).order_by("-core", "order", "id")
    return len(introduce(user, list(questions), now))


def introduce_roadmap(user: User, now: datetime | None = None) -> int:
    """Make cards of the core questions of every week in progress; return how many are new."""
    weeks = [row.week for row in weekly_table(user) if row.state == "in_progress"]
    quizzes = Activity.objects.live().filter(kind=Activity.Kind.QUIZ, week__number__in=weeks)
    questions = Question.objects.live().filter(core=True, paper__in=quizzes.values("ref"))
    missing = questions.exclude(cards__user=user).order_by("paper", "order", "id")
    return len(introduce(user, list(missing), now))


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
