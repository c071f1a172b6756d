"""A failed lab check makes one card of its skill due: never as a rating, which would spoil the fit."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from curriculum.models import Question
from curriculum.queries import WHOLE_LAB
from residual.accounts.models import User
from residual.progress import services as progress
from residual.progress.models import Evidence
from residual.reviews import ledger
from residual.reviews.entries import Pointed
from residual.reviews.ledger import Happening
from residual.reviews.models import Card, ReviewLog
from residual.reviews.services.introducing import introduce

PER_DAY: Final = 2


def take_up_evidence(user: User, now: datetime | None = None) -> int:
    """Make cards due for the evidence that waits, at most two a study day; return how many. The rest waits on."""
    waiting = list(progress.pending_evidence(user)[:PER_DAY])
    if not waiting:
        return 0
    day = user.study_day(now)
    taken = ReviewLog.objects.filter(user=user, study_day=day, kind=ReviewLog.Kind.EVIDENCE).count()
    return sum(_take_up(user, evidence, now) for evidence in waiting[: max(0, PER_DAY - taken)])


def _take_up(user: User, evidence: Evidence, now: datetime | None) -> bool:
    with transaction.atomic():
        if not progress.consume(evidence):
            return False
        card = _card_of(user, evidence.skill, now)
        if card is None:  # no question teaches this skill yet
            return False
        happening = Happening.now(user, f"evidence:{evidence.pk}", now)
        pointed = Pointed(happening.at, happening.day, evidence.reason)
        ledger.append(ledger.locked(user, card.pk), pointed, happening, reason=evidence.reason)
    return True


def _card_of(user: User, skill: str, now: datetime | None) -> Card | None:
    """The skill's shakiest card, or a new one where the learner has none."""
    taught = Question.objects.live().filter(skill=skill).exclude(WHOLE_LAB)  # a slip calls for no hour of work
    cards = Card.objects.filter(user=user, question__in=taught)
    shakiest = cards.filter(suspended=False).order_by(F("stability").asc(nulls_first=True), "pk").first()
    if shakiest is not None or cards.exists():  # suspended ones were put away on purpose
        return shakiest
    question = taught.order_by("-core", "order", "id").first()
    return introduce(user, [question], now)[0] if question else None
