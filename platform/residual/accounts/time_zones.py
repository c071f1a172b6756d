"""Time zones by their IANA names."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Final
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

REGIONS: Final = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)

ZoneChoices = list[tuple[str, str | list[tuple[str, str]]]]


@cache
def known_time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    if name not in known_time_zones():
        message = _("%(name)s is no time zone we know. Write one like Europe/Berlin.")
        raise ValidationError(message, params={"name": name})


@cache
def time_zone_choices() -> ZoneChoices:
    """UTC, then the places of the world by region. Aliases such as US/Pacific are valid but not offered."""
    places = sorted(name for name in known_time_zones() if name.partition("/")[0] in REGIONS)
    grouped = groupby(places, key=lambda name: name.partition("/")[0])
    regions = [(region, [(name, _place(name)) for name in names]) for region, names in grouped]
    return [("UTC", "UTC"), *regions]


def _place(name: str) -> str:
    return name.partition("/")[2].replace("_", " ").replace("/", ", ")
