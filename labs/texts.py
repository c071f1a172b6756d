"""The texts of one learner in one lab that can be compared and restored, each by a short name.

`now` is the draft, `starter` the lab's, `v12` a version of the draft, a UUID a submission, `solution` the lab's own
once it is open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.http import Http404
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labs import queries
from labs.models import DraftVersion, Lab, Submission
from residual.accounts.models import User

NOW: Final = "now"
STARTER: Final = "starter"
SOLUTION: Final = "solution"
SUBMISSIONS: Final = 100  # so many of the newest are listed
EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Text:
    """`at` is when it was made, where it was."""

    ref: str
    title: str
    source: str
    at: datetime | None = None


def text_of(user: User, lab: Lab, ref: str) -> Text:
    """Raises Http404 for names of nothing, and of what is not the learner's to see."""
    if reader := _FIXED.get(ref):
        return reader(user, lab)
    if ref[:1] == "v" and ref[1:].isdecimal() and len(ref) < 19:
        return _version(user, lab, int(ref[1:]))
    return _submission(user, lab, ref)


@dataclass(frozen=True, slots=True)
class Row:
    """One text in the list of all, without its source. `added` and `removed` lines where they were counted."""

    ref: str
    title: str
    at: datetime | None = None
    url: str = ""
    added: int | None = None
    removed: int | None = None


def all_texts(user: User, lab: Lab) -> list[Row]:
    """The draft, its versions and the submissions, newest first; then the starter, and the solution once it is open."""
    rows = [
        Row(NOW, _("What is in the editor")),
        *sorted([*_versions(user, lab), *_submissions(user, lab)], key=lambda row: row.at or EVER, reverse=True),
        Row(STARTER, _("The starter")),
    ]
    return [*rows, Row(SOLUTION, _("The annotated solution"))] if queries.solution_is_open(user, lab) else rows


def latest_submission(user: User, lab: Lab) -> str | None:
    """Its name, where there is one."""
    newest = queries.submissions_of(user).filter(lab=lab).order_by("-created_at").values_list("pk", flat=True).first()
    return str(newest) if newest else None


def _versions(user: User, lab: Lab) -> list[Row]:
    found = DraftVersion.objects.filter(draft__user=user, draft__lab=lab).defer("source")
    return [
        Row(f"v{row.pk}", capfirst(row.get_kind_display()), row.made_at, added=row.added, removed=row.removed)
        for row in found
    ]


def _submissions(user: User, lab: Lab) -> list[Row]:
    found = queries.submissions_of(user).filter(lab=lab).defer("source", "log").order_by("-created_at")[:SUBMISSIONS]
    return [Row(str(row.pk), _submission_title(row), row.created_at, url=row.get_absolute_url()) for row in found]


def _submission_title(found: Submission) -> str:
    said = found.get_verdict_display() if found.verdict else found.get_status_display()
    if found.checks is None:
        return _("Submission, %(verdict)s") % {"verdict": said}
    words = ngettext("%(checks)s check only, %(verdict)s", "%(checks)s checks only, %(verdict)s", len(found.checks))
    return words % {"checks": len(found.checks), "verdict": said}


def _now(user: User, lab: Lab) -> Text:
    draft = queries.draft(user, lab)
    if draft is None:
        return Text(NOW, _("What is in the editor"), lab.starter)
    return Text(NOW, _("What is in the editor"), draft.source, draft.updated_at)


def _starter(_user: User, lab: Lab) -> Text:
    return Text(STARTER, _("The starter"), lab.starter)


def _solution(user: User, lab: Lab) -> Text:
    if not queries.solution_is_open(user, lab):
        raise Http404
    return Text(SOLUTION, _("The annotated solution"), lab.solution)


def _version(user: User, lab: Lab, number: int) -> Text:
    found = DraftVersion.objects.filter(pk=number, draft__user=user, draft__lab=lab).first()
    if found is None:
        raise Http404
    return Text(f"v{found.pk}", capfirst(found.get_kind_display()), found.source, found.made_at)


def _submission(user: User, lab: Lab, ref: str) -> Text:
    try:
        number = UUID(ref)
    except ValueError:
        raise Http404 from None
    found = queries.submissions_of(user).filter(lab=lab, pk=number).first()
    if found is None:
        raise Http404
    return Text(str(found.pk), _submission_title(found), found.source, found.created_at)


_FIXED: Final[Mapping[str, Callable[[User, Lab], Text]]] = {NOW: _now, STARTER: _starter, SOLUTION: _solution}
