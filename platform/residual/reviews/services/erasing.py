"""Forgetting a learner: the one way past the guard of the log."""

from __future__ import annotations

from django.db import transaction

from residual.accounts.models import User
from residual.reviews.models import Card, ErasureTicket, Fit, Preset, ReviewLog


def erase_reviews(user: User) -> None:
    """Delete the learner's log, cards, preset and fits. Call it before the account itself is deleted."""
    with transaction.atomic():
        ticket = ErasureTicket.objects.create(user_id=user.pk)
        ReviewLog.objects.filter(user=user).delete()
        Card.objects.filter(user=user).delete()
        Preset.objects.filter(user=user).delete()
        Fit.objects.filter(user=user).delete()
        ticket.delete()
