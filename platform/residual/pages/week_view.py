"""A week as its page shows it: each activity once, with its state, its gain and where it leads. Pure composition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from curriculum.models import Activity
from labs.models import Lab
from residual.progress.arithmetic import Part
from residual.progress.queries import ItemRow, WeekRow
from residual.progress.services import TICKABLE
from residual.ui.charts import Part as Share

_ACTION_ICONS = {"lab": "code", "quiz": "review", "reading": "book", "theory": "book", "journal": "paper"}


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One line of the week's list. `weight` is its points of the week's hundred."""

    activity: Activity
    weight: float
    assisted: bool
    state: str  # "done", "started", "open" or "planned" (not released yet)
    state_words: str
    url: str
    needs: tuple[str, ...]  # titles of the labs that a lab builds on and that are not done

    @property
    def tickable(self) -> bool:
        return self.activity.kind in TICKABLE

    @property
    def ticked(self) -> bool:
        return self.state == "done"

    @property
    def icon(self) -> str:
        return "done" if self.ticked else _ACTION_ICONS[self.activity.kind]


def activity_lines(
    activities: Iterable[Activity],
    row: WeekRow | None,
    labs: Mapping[str, Lab],
    needs: Mapping[str, tuple[str, ...]],
) -> tuple[ActivityLine, ...]:
    """`row` is None for visitors; `labs` maps ids to the labs that exist, `needs` ids to what comes before them."""
    scores = _scores(row) if row else {}
    return tuple(
        _line(activity, scores.get(activity.id, []), labs, needs.get(activity.ref, ())) for activity in activities
    )


def shares(row: WeekRow) -> list[Share]:
    """The parts of the week's arithmetic, for the chart."""
    return [Share(part.name, part.weight, part.points) for part in row.parts]


def address(activity: Activity, labs: Mapping[str, Lab]) -> str:
    """Where an activity is done, or "" if that is nowhere on this site."""
    if activity.kind == Activity.Kind.LAB:
        lab = labs.get(activity.ref)
        return reverse("labs:lab", args=[lab.slug]) if lab else ""
    if activity.about is None:
        return ""
    quiz = activity.kind == Activity.Kind.QUIZ and activity.released
    return activity.about.quiz_url if quiz else activity.about.get_absolute_url()


def _scores(row: WeekRow) -> dict[str, list[tuple[Part | None, ItemRow]]]:
    """A quiz has two: learned and kept. Stretch items belong to no part."""
    scores: dict[str, list[tuple[Part | None, ItemRow]]] = {}
    for part in row.parts:
        for item in part.items:
            scores.setdefault(item.activity.id, []).append((part.part, item))
    for item in row.stretch:
        scores.setdefault(item.activity.id, []).append((None, item))
    return scores


def _line(
    activity: Activity,
    scores: list[tuple[Part | None, ItemRow]],
    labs: Mapping[str, Lab],
    needs: tuple[str, ...],
) -> ActivityLine:
    share = sum(item.share for _part, item in scores) / len(scores) if scores else 0.0
    state = _state(activity, share)
    return ActivityLine(
        activity=activity,
        weight=sum(item.weight for _part, item in scores),
        assisted=any(item.assisted for _part, item in scores),
        state=state,
        state_words=_quiz_words(scores) if activity.kind == Activity.Kind.QUIZ and share else _words(state, share),
        url=address(activity, labs),
        needs=needs,
    )


def _state(activity: Activity, share: float) -> str:
    if share >= 1:
        return "done"
    if not activity.released:
        return "planned"
    return "started" if share > 0 else "open"


def _words(state: str, share: float) -> str:
    if state == "started":
        return _("%(percent)d %% done") % {"percent": int(100 * share)}
    return {"done": _("Done"), "planned": _("Not out yet"), "open": _("To do")}[state]


def _quiz_words(scores: list[tuple[Part | None, ItemRow]]) -> str:
    done = {part for part, item in scores if item.done}
    if Part.LEARNED not in done:
        return _("Started")
    return _("Learned and kept") if Part.KEPT in done else _("Learned, not kept yet")
