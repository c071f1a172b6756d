"""The forms of the composed pages."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class StartQuestion(forms.Form):
    """What moves a week's row? Asked at the end of the start page, so that reading it leaves evidence."""

    RIGHT = "evidence"

    moves = forms.ChoiceField(
        label=_("What moves a row of your weekly table?"),
        widget=forms.RadioSelect,
        choices=[
            ("visit", _("Opening its page")),
            (RIGHT, _("A lab passed, a quiz learned, a reading ticked")),
            ("typing", _("Typing in how far you are")),
        ],
        error_messages={"required": _("Choose one. A wrong answer costs nothing.")},
    )

    def clean_moves(self) -> str:
        answer = str(self.cleaned_data["moves"])
        if answer != self.RIGHT:
            raise ValidationError(_("Not that one. Look at “Progress is evidence” above, and try again."))
        return answer
