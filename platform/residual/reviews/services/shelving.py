"""Putting a card away: for the day, or until it is asked for again."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from residual.accounts.models import User
from residual.reviews import ledger
from residual.reviews.entries import Buried, Entry, Resumed, Suspended
from residual.reviews.ledger import Happening
from residual.reviews.models import Card, ReviewLog
from residual.reviews.services.answering import Conflict, Submission


def suspend(user: User, card_id: int, revision: int, key: str) -> Card:
    """Never ask the card again until it is resumed. Raises Card.DoesNotExist and Conflict, as the others here do."""
    return _shelve(user, card_id, revision, key, Suspended())


def resume(user: User, card_id: int, revision: int, key: str) -> Card:
    return _shelve(user, card_id, revision, key, Resumed())


def bury(user: User, card_id: int, revision: int, key: str) -> Card:
    """Don't ask the card again today."""
    return _shelve(user, card_id, revision, key, Buried(user.study_day() + timedelta(days=1)))


def _shelve(user: User, card_id: int, revision: int, key: str, entry: Entry) -> Card:
    with transaction.atomic():
        card = ledger.locked(user, card_id)
        if ReviewLog.objects.filter(card=card, idempotency_key=key).exists():
            return card
        if card.revision != revision:
            raise Conflict(card, Submission(revision, key))
        ledger.append(card, entry, Happening.now(user, key))
    return card
