"""Forms of sign-up and settings. A time zone may be any that we know, offered in the list or not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from residual.accounts.models import User
from residual.accounts.time_zones import known_time_zones, time_zone_choices, validate_time_zone


class TimeZoneSelect(forms.Select):
    """A list of places that also shows the value it holds, if that is an alias the list does not offer."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, choices=time_zone_choices())

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        offered = {zone for _region, zones in time_zone_choices() if isinstance(zones, list) for zone, _place in zones}
        held = [zone for zone in value if zone in known_time_zones() - offered - {"UTC"}]
        self.choices = [*((zone, zone) for zone in held), *time_zone_choices()]
        return super().optgroups(name, value, attrs)


class TimeZoneField(forms.CharField):
    widget = TimeZoneSelect
    default_validators = [validate_time_zone]


class SignupDetails(forms.Form):
    """What we ask beside e-mail and password; allauth builds its sign-up form on top of this one."""

    field_order = ["email", "password1", "display_name", "time_zone"]

    display_name = forms.CharField(
        label=_("Name"), max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    time_zone = TimeZoneField(
        label=_("Time zone"),
        initial="UTC",
        widget=TimeZoneSelect(attrs={"data-guess-time-zone": True}),
        help_text=_("Your study days and reviews follow it. You can change it later."),
    )

    def signup(self, _request: HttpRequest, user: User) -> None:
        user.display_name = self.cleaned_data["display_name"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["display_name", "time_zone"])


class SettingsForm(forms.ModelForm[User]):
    time_zone = TimeZoneField(label=_("Time zone"), help_text=_("Every time on these pages is shown in it."))
    rollover_hour = forms.TypedChoiceField(
        label=_("A new study day begins at"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        help_text=_("What you do after midnight and before this hour counts for the day before."),
    )

    class Meta:
        model = User
        fields = ("display_name", "time_zone", "rollover_hour")
        widgets = {"display_name": forms.TextInput(attrs={"autocomplete": "name"})}
