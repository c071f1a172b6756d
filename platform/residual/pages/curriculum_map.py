"""The map of the curriculum: weeks, phases and labs, what each builds on, and what of it is done."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curriculum.models import NamedLab, Phase, Week
from labs.models import Lab
from residual.progress.queries import WeekRow
from residual.ui import graphs

LINE_LETTERS: Final = 19  # of a node's box, at its type size
STATES: Final[Mapping[str, str | Promise]] = {
    "planned": gettext_lazy("not begun"),
    "in_progress": gettext_lazy("in progress"),
    "complete": gettext_lazy("done"),
    "to_come": gettext_lazy("not out yet"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing on the map. `url` is "" where there is no page yet; `percent` is None for visitors."""

    key: str
    eyebrow: str
    title: str
    url: str
    state: str
    percent: int | None
    needs: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        return textwrap.wrap(self.title, LINE_LETTERS, max_lines=2, placeholder=" …")

    @property
    def words(self) -> str:
        """What is said of its state, and nothing to a visitor about a thing that is there."""
        if self.state == "to_come":
            return str(STATES["to_come"])
        return "" if self.percent is None else str(STATES[self.state])


@dataclass(frozen=True, slots=True)
class Spot:
    """A stop where it is drawn."""

    stop: Stop
    x: int
    y: int
    bar: float  # width of the progress bar, of the box's inner width


@dataclass(frozen=True, slots=True)
class Line:
    path: str
    done: bool  # what it leads from is complete


@dataclass(frozen=True, slots=True)
class Listed:
    """The same without a picture: a stop, what it builds on and what it leads to."""

    stop: Stop
    needs: tuple[Stop, ...]
    leads_to: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Map:
    name: str
    title: str
    width: int
    height: int
    spots: tuple[Spot, ...]
    lines: tuple[Line, ...]
    listed: tuple[Listed, ...]


def drawn(name: str, title: str, stops: Sequence[Stop]) -> Map:
    """The stops as a drawing and as a list, in their order."""
    by_key = {stop.key: stop for stop in stops}
    drawing = graphs.drawn({stop.key: stop.needs for stop in stops})
    inner = graphs.NODE_WIDTH - 24
    return Map(
        name,
        title,
        drawing.width,
        drawing.height,
        tuple(
            Spot(by_key[place.key], place.x, place.y, round(inner * (by_key[place.key].percent or 0) / 100, 1))
            for place in drawing.places
        ),
        tuple(Line(edge.path, by_key[edge.source].state == "complete") for edge in drawing.edges),
        tuple(_listed(stop, stops, by_key) for stop in stops),
    )


def week_stops(weeks: Iterable[Week], rows: Mapping[str, WeekRow]) -> list[Stop]:
    """`rows` maps a week's slug to the learner's row; empty for visitors."""
    return [_week(week, rows.get(week.slug)) for week in weeks]


def lab_stops(named: Iterable[NamedLab], labs: Mapping[str, Lab], shares: Mapping[str, float] | None) -> list[Stop]:
    """`labs` are those in the catalogue, by id; `shares` what the learner has of each, None for visitors."""
    return [_lab(lab, labs.get(lab.id), shares) for lab in named]


def phase_stops(phases: Iterable[Phase], shares: Mapping[str, float] | None) -> list[Stop]:
    """A phase is done by its labs: those that its lines name."""
    return [_phase(phase, shares) for phase in phases]


def _week(week: Week, row: WeekRow | None) -> Stop:
    return Stop(
        key=week.id,
        eyebrow=_("Week %(number)d") % {"number": week.number},
        title=week.topic,
        url=reverse("week", args=[week.slug]),
        state=row.state if row else "planned",
        percent=row.completion if row else None,
        needs=tuple(need.id for need in week.needs.all()),
    )


def _lab(named: NamedLab, lab: Lab | None, shares: Mapping[str, float] | None) -> Stop:
    share = (shares or {}).get(named.id, 0.0)
    return Stop(
        key=named.id,
        eyebrow=_("%(minutes)d min") % {"minutes": lab.minutes} if lab else _("to come"),
        title=lab.title if lab else named.title,
        url=reverse("labs:lab", args=[lab.slug]) if lab else "",
        state=_state(share) if lab else "to_come",
        percent=int(100 * share) if lab and shares is not None else None,
        needs=tuple(need.id for need in named.needs.all()),
    )


def _phase(phase: Phase, shares: Mapping[str, float] | None) -> Stop:
    labs = {lab["id"] for section in phase.sections.all() for item in section.items.all() for lab in item.labs}
    share = sum((shares or {}).get(lab, 0.0) for lab in labs) / len(labs) if labs else 0.0
    return Stop(
        key=phase.id,
        eyebrow=_("Phase %(number)d") % {"number": phase.number},
        title=phase.title,
        url=reverse("phase", args=[phase.slug]),
        state=_state(share),
        percent=int(100 * share) if labs and shares is not None else None,
        needs=tuple(need.id for need in phase.needs.all()),
    )


def _state(share: float) -> str:
    if share >= 1:
        return "complete"
    return "in_progress" if share > 0 else "planned"


def _listed(stop: Stop, stops: Sequence[Stop], by_key: Mapping[str, Stop]) -> Listed:
    needs = tuple(by_key[key] for key in stop.needs if key in by_key)
    return Listed(stop, needs, tuple(other for other in stops if stop.key in other.needs))
