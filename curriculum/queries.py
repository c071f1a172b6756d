"""What pages read. Everything returned is live; an unknown or retired slug raises the model's DoesNotExist.

The number of queries never depends on the number of items: related rows come by prefetch, in the content's order.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Prefetch, Q, QuerySet

from curriculum.models import (
    Activity,
    NamedLab,
    Paper,
    Phase,
    Question,
    Section,
    SectionItem,
    Topic,
    Track,
    TrackLine,
    Week,
    WeekLine,
)


def tracks() -> QuerySet[Track]:
    """Both tracks with `lines.all()`: objectives, principles, timeline, tools."""
    return Track.objects.live().prefetch_related(Prefetch("lines", TrackLine.objects.live()))


def track(slug: str) -> Track:
    return tracks().get(slug=slug)


def phases() -> QuerySet[Phase]:
    """Phases with `weeks.all()`, `needs.all()`, `leads_to.all()` and `sections.all()`, each with `items.all()` and
    `papers.all()`.
    """
    sections = Section.objects.live().prefetch_related(
        Prefetch("items", SectionItem.objects.live()), Prefetch("papers", Paper.objects.live())
    )
    return Phase.objects.live().prefetch_related(
        Prefetch("sections", sections),
        Prefetch("weeks", Week.objects.live()),
        Prefetch("needs", Phase.objects.live()),
        Prefetch("leads_to", Phase.objects.live()),
    )


def phase(slug: str) -> Phase:
    return phases().get(slug=slug)


def weeks() -> QuerySet[Week]:
    """Weeks with `month`, `lines.all()`, `phases.all()`, `needs.all()`, `leads_to.all()` and `activities.all()`, each
    activity with its `paper` or `topic`.
    """
    activities = Activity.objects.live().select_related("paper", "topic")
    return (
        Week.objects.live()
        .select_related("month")
        .prefetch_related(
            Prefetch("lines", WeekLine.objects.live()),
            Prefetch("activities", activities),
            Prefetch("phases", Phase.objects.live()),
            Prefetch("needs", Week.objects.live()),
            Prefetch("leads_to", Week.objects.live()),
        )
    )


def week(slug: str) -> Week:
    return weeks().get(slug=slug)


def named_labs() -> QuerySet[NamedLab]:
    """Labs that weeks and phases name, there or planned, each with `needs.all()` and `leads_to.all()`."""
    live = NamedLab.objects.live()
    return live.prefetch_related(Prefetch("needs", live), Prefetch("leads_to", live))


def papers() -> QuerySet[Paper]:
    """Papers from the oldest to the newest, each with `sections.all()` and `activities.all()` that name it."""
    return Paper.objects.live().prefetch_related(
        Prefetch("sections", Section.objects.live().select_related("phase")),
        Prefetch("activities", Activity.objects.live().select_related("week")),
    )


def paper(slug: str) -> Paper:
    return papers().get(slug=slug)


def topics() -> QuerySet[Topic]:
    """Topics without a paper by title, each with the `activities.all()` that name it."""
    return Topic.objects.live().prefetch_related(Prefetch("activities", Activity.objects.live().select_related("week")))


def topic(slug: str) -> Topic:
    return topics().get(slug=slug)


WHOLE_LAB: Final = Q(kind=Question.Kind.KATA, spec__checks=[])  # what `Question.is_whole_lab` says, for the database


def questions(about_id: str) -> QuerySet[Question]:
    """The live questions of a paper or topic, in the order of its quiz file. Their ids share one namespace."""
    return Question.objects.live().filter(Q(paper_id=about_id) | Q(topic_id=about_id))
