"""All content at once: every room that keeps content checks and syncs its own; this asks them all.

Errors of all rooms are collected before anything is refused, and everything is written in one transaction: labs never
run ahead of the weeks that name them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from django.db import transaction

import curriculum.sync
import labs.sync
from curriculum.loading import BrokenContentError, ContentError, SyncReport
from curriculum.models import Activity, Question
from labs.models import Lab, LabCheck


class Room(Protocol):
    """What a room's `sync` module provides."""

    def check(self) -> list[ContentError]: ...

    def sync(self, now: datetime) -> SyncReport: ...


# By the folder that each room's errors are relative to. Later rooms may refer to earlier ones.
ROOMS: dict[str, Room] = {"curriculum/content": curriculum.sync, "labs/catalog": labs.sync}


def check() -> list[ContentError]:
    """Everything that is wrong with any content file, sorted. Touches no database."""
    return sorted(_placed(folder, error) for folder, room in ROOMS.items() for error in room.check())


def sync(now: datetime) -> SyncReport:
    """Write all content. Raises BrokenContentError with the errors of all rooms, and has written nothing then."""
    errors: list[ContentError] = []
    report = SyncReport()
    with transaction.atomic():
        for folder, room in ROOMS.items():
            try:
                report += room.sync(now)
            except BrokenContentError as broken:
                errors += (_placed(folder, error) for error in broken.errors)
        if errors := errors or [*_released_without_lab(), *_katas_without_checks()]:
            raise BrokenContentError(errors)
    return report


def _placed(folder: str, error: ContentError) -> ContentError:
    return replace(error, file=f"{folder}/{error.file}")


def _katas_without_checks() -> list[ContentError]:
    """Katas are judged by checks that the catalogue holds. Asked of the rows just written."""
    known: dict[str, set[str]] = defaultdict(set)
    for lab, check in LabCheck.objects.filter(retired_at__isnull=True).values_list("lab", "cid"):
        known[lab].add(check)
    katas = Question.objects.live().filter(kind=Question.Kind.KATA).select_related("paper", "topic")
    return [
        ContentError(
            f"curriculum/content/{'papers' if kata.paper else 'topics'}/{kata.about.slug}/quiz.yaml",
            kata.id,
            f"labs/catalog holds no lab {kata.spec['lab']} with all the checks that this kata names",
        )
        for kata in katas
        if kata.spec["lab"] not in known or not known[kata.spec["lab"]] >= set(kata.spec["checks"])
    ]


def _released_without_lab() -> list[ContentError]:
    """Weeks may plan labs, but may only release those the catalogue holds. Asked of the rows just written."""
    known = set(Lab.objects.live().values_list("id", flat=True))
    released = Activity.objects.live().filter(kind=Activity.Kind.LAB, released=True)
    return [
        ContentError(
            "curriculum/content/roadmap.yaml", activity.id, f"is released, but labs/catalog holds no lab {activity.ref}"
        )
        for activity in released
        if activity.ref not in known
    ]
