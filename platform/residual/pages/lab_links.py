"""Labs by id, for pages that link to them. One query."""

from __future__ import annotations

from collections.abc import Iterable

from curriculum.models import Activity, Phase
from labs.models import Lab
from labs.queries import live_labs


def for_activities(activities: Iterable[Activity]) -> dict[str, Lab]:
    return by_id(activity.ref for activity in activities if activity.kind == Activity.Kind.LAB)


def for_phase(phase: Phase) -> dict[str, Lab]:
    return by_id(lab["id"] for section in phase.sections.all() for item in section.items.all() for lab in item.labs)


def by_id(ids: Iterable[str]) -> dict[str, Lab]:
    """The labs among `ids` that the catalogue holds; planned ones are missing."""
    return {lab.id: lab for lab in live_labs().filter(pk__in=set(ids))}
