"""The weekly progress table, derived from completions in three queries however much there is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curriculum.models import Activity, Week
from residual.accounts.models import User
from residual.progress.arithmetic import Item, ItemScore, Part, PartScore, WeekScore, score_week
from residual.progress.models import Completion

KEPT_AFTER: Final = timedelta(days=7)
STATUS_WORDS: Final[Mapping[str, str | Promise]] = {
    "planned": gettext_lazy("Planned"),
    "in_progress": gettext_lazy("In progress"),
    "complete": gettext_lazy("✅ Complete"),
}
PART_WORDS: Final[Mapping[Part, str | Promise]] = {
    Part.LABS: gettext_lazy("Labs"),
    Part.LEARNED: gettext_lazy("Quiz learned"),
    Part.KEPT: gettext_lazy("Quiz kept"),
    Part.SELF_REPORTED: gettext_lazy("Readings, theory and journal"),
}

type_completions = Mapping[tuple[str, str], Completion]


@dataclass(frozen=True, slots=True)
class LabStep:
    """The next check to pass in a lab, and the lab's share once it is passed. Labs tell it: progress has no checks."""

    title: str
    share: float


@dataclass(frozen=True, slots=True)
class NextGain:
    """The next thing that moves the week: what to do, with what, and by how many per cent."""

    action: str  # "pass", "read", ...; empty where the title says it already
    title: str
    points: float
    activity: Activity
    waits: bool = False  # only time and due reviews bring it

    @property
    def amount(self) -> str:
        return f"+{self.points:.0f} %" if self.points >= 1 else f"+{self.points:.1f} %"

    def __str__(self) -> str:
        return f"{self.action} {self.title}: {self.amount}".lstrip()


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One activity within a part: `points` of `weight` are there."""

    activity: Activity
    share: float
    assisted: bool
    weight: float
    points: float

    @property
    def done(self) -> bool:
        return self.share >= 1


@dataclass(frozen=True, slots=True)
class PartRow:
    part: Part
    weight: float
    points: float
    items: tuple[ItemRow, ...]

    @property
    def name(self) -> str:
        return str(PART_WORDS[self.part])

    @property
    def arithmetic(self) -> str:
        """How the points come about: "12.5 + 0 = 12.5 of 60"."""
        terms = " + ".join(f"{item.points:.4g}" for item in self.items)
        return _("%(terms)s = %(points)s of %(weight)s") % {
            "terms": terms,
            "points": f"{self.points:.4g}",
            "weight": f"{self.weight:.4g}",
        }


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A row of the table: `Week | Topic | Status | Completion`, with what lies behind it."""

    week: int
    slug: str
    title: str
    topic: str
    state: str  # planned, in_progress or complete
    completion: int  # whole per cent, rounded down
    attested: float  # points on the learner's own word
    assisted: float  # points of labs passed after the solution was opened
    kept_from: date | None  # when *kept* can be earned at the earliest, for a complete week that lacks it
    stretch_done: int
    parts: tuple[PartRow, ...]
    stretch: tuple[ItemRow, ...]
    next_gain: NextGain | None

    @property
    def status(self) -> str:
        return str(STATUS_WORDS[self.state])

    @property
    def completion_text(self) -> str:
        if self.kept_from is None:
            return f"{self.completion} %"
        day = date_format(self.kept_from, "DAY_MONTH")
        return _("%(percent)s %% (kept from %(day)s)") % {"percent": self.completion, "day": day}

    @property
    def text(self) -> str:
        return f"{self.status} · {self.completion_text}"


@dataclass(frozen=True, slots=True)
class WeeklyTable:
    rows: tuple[WeekRow, ...]

    def __iter__(self) -> Iterator[WeekRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def current(self) -> WeekRow | None:
        """The first week that is not complete."""
        return next((row for row in self.rows if row.state != "complete"), None)


def finished_by_day(user: User, first: date) -> dict[date, int]:
    """How many things were finished on each study day from `first` on; other days are missing. One query."""
    since = datetime.combine(first, time(0), tzinfo=UTC) - timedelta(days=1)  # a zone may be ahead; sorted out below
    moments = Completion.objects.filter(user=user, completed_at__gte=since).values_list("completed_at", flat=True)
    counts = Counter(user.study_day(at) for at in moments if at is not None)
    return {day: number for day, number in counts.items() if day >= first}


def weekly_table(user: User, lab_steps: Mapping[str, LabStep] | None = None) -> WeeklyTable:
    """The table of `user`. `lab_steps` (lab id → next check) names gains inside labs; see labs.queries.lab_steps."""
    weeks = Week.objects.filter(retired_at__isnull=True).order_by("number")
    activities: dict[str, list[Activity]] = defaultdict(list)
    for activity in Activity.objects.filter(retired_at__isnull=True):
        activities[activity.week_id].append(activity)
    done = completions(user)
    return WeeklyTable(tuple(_week_row(user, week, activities[week.id], done, lab_steps or {}) for week in weeks))


def week_row(user: User, week: Week, lab_steps: Mapping[str, LabStep] | None = None) -> WeekRow:
    """One row, for the week's own page, in two queries."""
    activities = list(Activity.objects.filter(week=week, retired_at__isnull=True))
    return _week_row(user, week, activities, completions(user), lab_steps or {})


def completions(user: User) -> dict[tuple[str, str], Completion]:
    """Everything `user` has shown, by kind and ref."""
    return {(entry.kind, entry.ref): entry for entry in Completion.objects.filter(user=user)}


def _week_row(
    user: User, week: Week, activities: Sequence[Activity], done: type_completions, steps: Mapping[str, LabStep]
) -> WeekRow:
    required = [activity for activity in activities if not activity.stretch]
    score = score_week(_items(required, done), capstone=week.capstone)
    by_id = {activity.id: activity for activity in required}
    stretch = tuple(_stretch_row(activity, done) for activity in activities if activity.stretch)
    return WeekRow(
        week=week.number,
        slug=week.slug,
        title=week.title,
        topic=week.topic,
        state=_state(score),
        completion=score.percent,
        attested=score.attested,
        assisted=score.assisted,
        kept_from=_kept_from(user, required, done) if score.complete else None,
        stretch_done=sum(item.done for item in stretch),
        parts=tuple(_part_row(part, by_id) for part in score.parts),
        stretch=stretch,
        next_gain=_next_gain(score, by_id, steps),
    )


def _items(activities: Iterable[Activity], done: type_completions) -> dict[Part, list[Item]]:
    items: dict[Part, list[Item]] = defaultdict(list)
    for activity in activities:
        for part, kind in _counted_as(activity):
            found = done.get((kind, activity.ref))
            share, assisted = (found.share, found.assisted) if found else (0.0, False)
            items[part].append(Item(activity.id, activity.minutes, share, assisted))
    return items


def _counted_as(activity: Activity) -> list[tuple[Part, str]]:
    """The parts an activity counts in, each with the kind of completion that fills it."""
    if activity.kind == Activity.Kind.LAB:
        return [(Part.LABS, Completion.Kind.LAB)]
    if activity.kind == Activity.Kind.QUIZ:
        return [(Part.LEARNED, Completion.Kind.QUIZ_LEARNED), (Part.KEPT, Completion.Kind.QUIZ_KEPT)]
    return [(Part.SELF_REPORTED, Completion.Kind.READING)]


def _state(score: WeekScore) -> str:
    if score.complete:
        return "complete"
    return "in_progress" if score.points > 0 else "planned"


def _part_row(part: PartScore, activities: Mapping[str, Activity]) -> PartRow:
    items = tuple(_item_row(score, activities[score.item.key]) for score in part.items)
    return PartRow(part.part, part.weight, part.points, items)


def _item_row(score: ItemScore, activity: Activity) -> ItemRow:
    return ItemRow(activity, score.item.share, score.item.assisted, score.weight, score.points)


def _stretch_row(activity: Activity, done: type_completions) -> ItemRow:
    found = done.get((_counted_as(activity)[0][1], activity.ref))
    return ItemRow(activity, found.share if found else 0.0, bool(found and found.assisted), 0.0, 0.0)


def _kept_from(user: User, activities: Iterable[Activity], done: type_completions) -> date | None:
    """The study day from which every quiz that is learned but not kept may count as kept."""
    days = [
        user.study_day(learned.completed_at) + KEPT_AFTER
        for activity in activities
        if activity.kind == Activity.Kind.QUIZ
        and _share(done.get((Completion.Kind.QUIZ_KEPT, activity.ref))) < 1
        and (learned := done.get((Completion.Kind.QUIZ_LEARNED, activity.ref)))
    ]
    return max(days, default=None)


def _share(completion: Completion | None) -> float:
    return completion.share if completion else 0.0


def _next_gain(score: WeekScore, activities: Mapping[str, Activity], steps: Mapping[str, LabStep]) -> NextGain | None:
    """The first unfinished thing in the week's order that can be done today; *kept* comes last."""
    open_items = [
        (part.part is Part.KEPT, activity.order, part.part, item, activity)
        for part in score.parts
        for item in part.items
        if item.item.share < 1 and (activity := activities[item.item.key]).released
    ]
    if not open_items:
        return None
    _kept, _order, part, item, activity = min(open_items, key=lambda found: found[:2])
    step = steps.get(activity.ref) if part is Part.LABS else None
    if step is not None and step.share > item.item.share:
        return NextGain(_("pass"), step.title, item.weight * (step.share - item.item.share), activity)
    action = _action(part, activity)
    said = activity.title.casefold().startswith(f"{action} ".casefold())  # "read Read the paper"
    return NextGain(
        "" if said else action, activity.title, item.weight - item.points, activity, waits=part is Part.KEPT
    )


def _action(part: Part, activity: Activity) -> str:
    if part is Part.LABS:
        return _("pass")
    if part is Part.LEARNED:
        return _("learn")
    if part is Part.KEPT:
        return _("keep")
    return _("write") if activity.kind == Activity.Kind.JOURNAL else _("read")
