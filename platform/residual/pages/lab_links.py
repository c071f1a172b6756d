"""Labs by id, for pages that link to them. One query."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.contrib.auth.models import AnonymousUser

from curriculum.models import Activity, Phase
from curriculum.queries import named_labs
from labs.models import Lab
from labs.queries import completions, live_labs
from residual.accounts.models import User


def for_activities(activities: Iterable[Activity]) -> dict[str, Lab]:
    return by_id(activity.ref for activity in activities if activity.kind == Activity.Kind.LAB)


def for_phase(phase: Phase) -> dict[str, Lab]:
    return by_id(lab["id"] for section in phase.sections.all() for item in section.items.all() for lab in item.labs)


def needs(activities: Iterable[Activity], done: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each lab among the activities the titles of the labs that it builds on, but for those in `done`."""
    labs = {activity.ref for activity in activities if activity.kind == Activity.Kind.LAB}
    named = named_labs().filter(pk__in=labs)
    return {lab.id: tuple(need.title for need in lab.needs.all() if need.id not in done) for lab in named}


def passed(user: User | AnonymousUser | None) -> set[str]:
    """The ids of the labs that this person has passed."""
    entries = completions(user) if isinstance(user, User) else {}
    return {lab for lab, entry in entries.items() if entry.completed_at}


def by_id(ids: Iterable[str]) -> dict[str, Lab]:
    """The labs among `ids` that the catalogue holds; planned ones are missing."""
    return {lab.id: lab for lab in live_labs().filter(pk__in=set(ids))}
