"""Taking an answer back: a row that says so is added, and the card is what it was before; so are those it covered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from residual.accounts.models import User
from residual.reviews import ledger, queries
from residual.reviews.entries import Undone
from residual.reviews.ledger import Happening
from residual.reviews.models import Card, ReviewLog
from residual.reviews.services.answering import Conflict, Submission
from residual.reviews.services.consequences import uncover


class NothingToUndo(Exception):  # noqa: N818 - it is a state of the card and no error
    """The card has no answer of today that could be taken back."""


def undo(user: User, card_id: int, revision: int, key: str, now: datetime | None = None) -> ReviewLog:
    """Take back the card's latest answer of today that still counts.

    Raises Card.DoesNotExist, Conflict for a stale form, NothingToUndo. The same key again changes nothing more.
    """
    with transaction.atomic():
        card = ledger.locked(user, card_id)
        done = ReviewLog.objects.filter(card=card, idempotency_key=key).first()
        if done is not None:
            return done
        if card.revision != revision:
            raise Conflict(card, Submission(revision, key))
        happening = Happening.now(user, key, now)
        row = _latest(card)
        if row is None or row.study_day != happening.day:
            raise NothingToUndo
        undone = ledger.append(card, Undone(row.seq), happening, undoes=row.seq)
        uncover(user, row, key)
    return undone


def _latest(card: Card) -> ReviewLog | None:
    reviews = queries.effective(card.log.order_by("seq"))
    return reviews[-1] if reviews else None
