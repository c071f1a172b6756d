"""Drafts and their history. Whatever a tab sends is kept: as the draft, or set aside when another tab was faster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

from django.db import transaction
from django.utils import timezone

from labs.models import Draft, DraftVersion, Lab
from labs.source import SourceProblemError, keepable
from residual.accounts.models import User

Kind = DraftVersion.Kind
_THINNED: Final = frozenset({Kind.TYPED, Kind.ASIDE})
MOST: Final = 400  # versions of one draft; the oldest ones saved while typing go first
RECENT: Final = timedelta(minutes=10)  # all of these stay
# Age up to which one version per span is kept. Beyond the last age: one a day.
_SPANS: Final = (
    (timedelta(days=1), RECENT),
    (timedelta(days=30), timedelta(hours=3)),
)
_LONG_AGO: Final = timedelta(days=1)
A_LOSS: Final = 3  # lines: what stood before so many went is kept like something done on purpose
type_row = tuple[int, str, datetime, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """`aside` is the version that holds what a tab behind sent; None where it became the draft."""

    draft: Draft
    aside: DraftVersion | None = None


def keep(
    user: User,
    lab: Lab,
    source: str,
    kind: DraftVersion.Kind,
    *,
    base: int | None = None,
    problem: SourceProblemError | None = None,
) -> Kept:
    """Make `source` the draft and note it as a version, or set it aside.

    `base` is the revision that the sending tab knows. Where the draft has moved on to another text since, the draft
    stays and `source` is only noted. None sends over whatever there is: that is in the history. Never refuses code
    for what it says, only cuts what is too large.
    """
    text = keepable(source.encode("utf-8", "replace"))
    with transaction.atomic():
        Draft.objects.get_or_create(user=user, lab=lab, defaults={"source": lab.starter})
        draft = Draft.objects.select_for_update().get(user=user, lab=lab)
        if base is not None and base != draft.revision and text != draft.source:
            known = draft.versions.filter(source=text).first()
            return Kept(draft, known or _note(draft, text, Kind.ASIDE))
        _replace(draft, text, kind, problem)
    return Kept(draft)


def kept_after_thinning(versions: Sequence[type_row], now: datetime) -> set[int]:
    """Which of the (number, kind, time, lines removed), oldest first, stay.

    All that the learner did on purpose, what stood before a loss, the newest of each kind, and of what was saved by
    itself the last of each span of time, the longer the older. At most MOST of them.
    """
    last_of: dict[tuple[str, int, int], int] = {}
    on_purpose = []
    for row, after in zip_longest(versions, versions[1:]):
        number, kind, made_at, _removed = row
        if kind not in _THINNED or (after is not None and after[3] >= A_LOSS):
            on_purpose.append(number)
        else:
            last_of[kind, *_span(number, made_at, now)] = number
    newest = {kind: number for number, kind, _made_at, _removed in versions}
    stay = on_purpose[-MOST:]
    room = MOST - len(stay)
    by_itself = sorted(last_of.values())
    return {*stay, *(by_itself[-room:] if room else []), *newest.values()}


def _replace(draft: Draft, text: str, kind: DraftVersion.Kind, problem: SourceProblemError | None) -> None:
    if text != draft.source:
        _note(draft, text, kind)
        draft.source = text
        draft.revision += 1
    elif kind not in _THINNED:
        _do_on_purpose(draft, kind)
    draft.problem, draft.problem_line = (problem.message, problem.line) if problem else ("", None)
    draft.save(update_fields=["source", "revision", "problem", "problem_line", "updated_at"])


def _do_on_purpose(draft: Draft, kind: DraftVersion.Kind) -> None:
    """The newest version was saved by itself; now the learner does something with the same text."""
    newest = draft.versions.exclude(kind=Kind.ASIDE).first()
    if newest is None:
        _note(draft, draft.source, kind)
    elif newest.kind == Kind.TYPED:
        newest.kind = kind
        newest.save(update_fields=["kind"])


def _note(draft: Draft, text: str, kind: DraftVersion.Kind) -> DraftVersion:
    added, removed = changed_lines(draft.source, text)
    now = timezone.now()
    version = draft.versions.create(kind=kind, source=text, added=added, removed=removed, made_at=now)
    _thin(draft, now)
    return version


def changed_lines(old: str, new: str) -> tuple[int, int]:
    """How many lines came and went, wherever they stand."""
    before, after = Counter(old.splitlines()), Counter(new.splitlines())
    return (after - before).total(), (before - after).total()


def _thin(draft: Draft, now: datetime) -> None:
    rows = list(draft.versions.order_by("pk").values_list("pk", "kind", "made_at", "removed"))
    gone = {row[0] for row in rows} - kept_after_thinning(rows, now)
    if gone:
        draft.versions.filter(pk__in=gone).delete()


def _span(number: int, made_at: datetime, now: datetime) -> tuple[int, int]:
    """A number for the rule by age, and one for the stretch of the clock within it; recent versions have their own."""
    age = now - made_at
    if age < RECENT:
        return -1, number
    for rule, (until, span) in enumerate(_SPANS):
        if age < until:
            return rule, int(made_at.timestamp() // span.total_seconds())
    return len(_SPANS), int(made_at.timestamp() // _LONG_AGO.total_seconds())
