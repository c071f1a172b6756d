"""One demo learner's reviews of one day, through the real scheduler, log and credit, at instants that have passed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

from fsrs import Rating

from curriculum.questions import instance
from residual.accounts.models import User
from residual.portability.demo.account import insist
from residual.portability.demo.answers import right_answer
from residual.reviews import ledger
from residual.reviews.grading import Answer, is_machine_graded
from residual.reviews.models import Card
from residual.reviews.queries import KATA, due
from residual.reviews.services import Submission, answer
from residual.reviews.snapshot import State

KNOWN: Final = {State.NEW: 0.6, State.LEARNING: 0.85, State.REVIEW: 0.9, State.RELEARNING: 0.85}
ROUNDS: Final = 2  # a question missed comes back once the same evening


def review(user: User, chance: random.Random, at: datetime) -> datetime:
    """Answer what is due at `at`; returns when it was done. Raises DemoError for a real account."""
    insist(user)
    for _round in range(ROUNDS):
        for card in due(user, at):
            if Card.objects.filter(pk=card.pk).exclude(revision=card.revision).exists():
                continue  # an answer before this one covered it
            at += timedelta(seconds=chance.randint(5, 45))
            answer(user, card.pk, _answered(card, chance), at)
        at += timedelta(minutes=11)
    return at


def _answered(card: Card, chance: random.Random) -> Submission:
    knows = chance.random() < KNOWN[State(card.state)]
    typed = is_machine_graded(card.question.kind) and card.question.kind != KATA  # a demo runs no code: it gives up
    given = _typed(card) if knows and typed else None
    rating = None if is_machine_graded(card.question.kind) else Rating.Good if knows else Rating.Again
    key = f"demo-{card.pk}-{card.revision}"
    return Submission(card.revision, key, given, rating, duration_ms=chance.randint(4_000, 40_000))


def _typed(card: Card) -> Answer:
    return right_answer(card.question.kind, instance(card.question, ledger.seed_for(card)).spec)
