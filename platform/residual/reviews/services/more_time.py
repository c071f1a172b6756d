"""Going on after the day's minutes are spent, because the learner wants to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from residual.accounts.models import User
from residual.reviews.models import MoreTime

STEP: Final = 10
MOST: Final = 120
"""Minutes on one study day: a forgotten click or a loop must not undo the limit for good."""


def more_time(user: User, now: datetime | None = None) -> int:
    """Ten minutes more for this study day, up to two hours; returns how many there are now."""
    today = user.study_day(now or timezone.now())
    with transaction.atomic():
        row, made = MoreTime.objects.select_for_update().get_or_create(
            user=user, defaults={"study_day": today, "minutes": STEP}
        )
        if not made:
            row.minutes = min(MOST, row.minutes + STEP) if row.study_day == today else STEP
            row.study_day = today
            row.save(update_fields=["study_day", "minutes"])
    return row.minutes
