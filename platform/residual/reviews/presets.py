"""A learner's preset, and the defaults of one who has never opened the page."""

from __future__ import annotations

from residual.accounts.models import User
from residual.reviews.models import Preset


def preset_of(user: User) -> Preset:
    """The stored preset, or an unsaved one with the defaults."""
    return Preset.objects.filter(user=user).first() or Preset(user=user, version=0)
