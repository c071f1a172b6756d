"""A learner's preset, and the defaults of one who has never opened the page."""

from __future__ import annotations

from residual.accounts.models import User
from residual.reviews.models import Fit, Preset


def preset_of(user: User) -> Preset:
    """The stored preset, or an unsaved one with the defaults and the site's newest weights."""
    stored = Preset.objects.filter(user=user).select_related("fit").first()
    return stored or Preset(user=user, version=0, fit=site_fit())


def site_fit() -> Fit | None:
    """The newest weights fitted to the whole site; None for the published ones."""
    return Fit.objects.filter(user__isnull=True).order_by("-pk").first()
