"""The form of a preset."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from residual.reviews.models import Preset
from residual.reviews.scheduler import LONGEST_STEP_MINUTES

MOST_STEPS: Final = 5
_MINUTES: Final = re.compile(r"[0-9]{1,4}")


class StepsField(forms.CharField):
    """Rising minutes, such as `1 10`."""

    def prepare_value(self, value: Any) -> Any:
        return " ".join(map(str, value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """`1, 10` is no change of `1 10`."""
        return bool(self.clean(data) != initial)

    def clean(self, value: Any) -> list[int]:
        words = re.split(r"[\s,;]+", super().clean(value))
        if len(words) > MOST_STEPS or not all(_MINUTES.fullmatch(word) for word in words):
            raise ValidationError(_("Write one to five numbers of minutes, such as 1 10."))
        minutes = [int(word) for word in words]
        if not all(1 <= step <= LONGEST_STEP_MINUTES for step in minutes):
            raise ValidationError(
                _("A step takes from 1 to %(longest)d minutes."), params={"longest": LONGEST_STEP_MINUTES}
            )
        if not all(first < second for first, second in pairwise(minutes)):
            raise ValidationError(_("Each step must be longer than the one before."))
        return minutes


class PresetForm(forms.ModelForm[Preset]):
    learning_minutes = StepsField(
        label=_("Steps of a new question, in minutes"),
        help_text=_("A wrong answer to a new question comes back after the first step; right answers climb them."),
    )
    relearning_minutes = StepsField(
        label=_("Steps after a mistake, in minutes"),
        help_text=_("When a question you knew was answered wrong, it comes back after these."),
    )

    class Meta:
        model = Preset
        fields = (
            "daily_new",
            "daily_reviews",
            "desired_retention",
            "maximum_interval",
            "learning_minutes",
            "relearning_minutes",
        )
        help_texts = {
            "daily_new": _("How many questions you meet for the first time on one day."),
            "daily_reviews": _("What is left over waits; nothing is lost by it."),
            "desired_retention": _(
                "From 0.7 to 0.97. Higher means shorter gaps: at 0.95 they are about 40 % of those at 0.9."
            ),
            "maximum_interval": _("No question stays away longer than this."),
        }

    def save(self, commit: bool = True) -> Preset:
        """Every change is a new version, so that a review can name the preset it was scheduled by."""
        if self.has_changed() or not self.instance.pk:
            self.instance.version += 1
        return super().save(commit)
