"""The form of a preset."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from residual.reviews.models import Preset
from residual.reviews.scheduler import LONGEST_STEP_MINUTES

MOST_STEPS: Final = 5
SHARES: Final = [(100, _("as usual")), (50, _("half")), (0, _("a day off"))]
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, percent in enumerate(self.instance.easy_days):
            self.fields[f"day_{number}"] = forms.TypedChoiceField(
                label=WEEKDAYS[number], choices=SHARES, coerce=int, initial=percent
            )

    def easy_day_fields(self) -> list[forms.BoundField]:
        return [self[f"day_{number}"] for number in range(7)]

    def other_fields(self) -> list[forms.BoundField]:
        return [bound for bound in self.visible_fields() if not bound.name.startswith("day_")]

    class Meta:
        model = Preset
        fields = (
            "daily_new",
            "daily_reviews",
            "daily_minutes",
            "desired_retention",
            "maximum_interval",
            "learning_minutes",
            "relearning_minutes",
            "leech_lapses",
            "suspend_leeches",
        )
        help_texts = {
            "daily_new": _("How many questions you meet for the first time on one day."),
            "daily_reviews": _("What is left over waits; nothing is lost by it."),
            "daily_minutes": _("No question is begun that would take the day beyond this; retries still come."),
            "desired_retention": _(
                "From 0.7 to 0.97. Higher means shorter gaps: at 0.95 they are about 40 % of those at 0.9."
            ),
            "maximum_interval": _("No question stays away longer than this."),
            "leech_lapses": _(
                "A question you knew and lost this often is called a sticking point, with what to reread. 0: never."
            ),
            "suspend_leeches": _("A sticking point is not asked again until you bring it back on its quiz page."),
        }

    def save(self, commit: bool = True) -> Preset:
        """Every change is a new version, so that a review can name the preset it was scheduled by."""
        self.instance.easy_days = [self.cleaned_data[f"day_{number}"] for number in range(7)]
        if self.has_changed() or not self.instance.pk:
            self.instance.version += 1
        return super().save(commit)
