"""Search over the whole site: weeks, phases, labs, papers, topics, and what questions are about (never their answers).

All of it is read and matched here: some hundred short rows, alike on SQLite and PostgreSQL. Full-text search would
differ in language, accents and parts of words. See docs/decisions/0007-search-in-python.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import F, Prefetch
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curriculum.models import Activity, Paper, Phase, Question, Section, SectionItem, Topic, Week, WeekLine
from labs.queries import live_labs
from residual.pages.words import rank

SHOWN: Final = 12  # of each group; the heading tells how many there are
LONGEST_QUERY: Final = 200


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    detail: str
    url: str
    body: str = ""  # searched, not shown


@dataclass(frozen=True, slots=True)
class Group:
    heading: str | Promise
    count: int
    hits: tuple[Hit, ...]


def found(text: str, *, learner: bool) -> list[Group]:
    """The groups that hold anything for `text`, best hits first. `learner`: may open what visitors may not."""
    sources: list[tuple[str | Promise, Callable[[], Iterator[Hit]]]] = [
        (gettext_lazy("Weeks"), _weeks),
        (gettext_lazy("Phases"), _phases),
        (gettext_lazy("Labs"), _labs),
        (gettext_lazy("Papers"), _papers),
        (gettext_lazy("Topics"), _topics),
        (gettext_lazy("What quizzes ask about"), lambda: _questions(learner=learner)),
    ]
    groups = (_group(heading, text, source()) for heading, source in sources)
    return [group for group in groups if group.count]


def _group(heading: str | Promise, text: str, things: Iterator[Hit]) -> Group:
    ranked = [(rank(text, hit.title, f"{hit.detail} {hit.body}"), hit) for hit in things]
    best = sorted((pair for pair in ranked if pair[0]), key=lambda pair: -pair[0])
    return Group(heading, len(best), tuple(hit for _rank, hit in best[:SHOWN]))


def _weeks() -> Iterator[Hit]:
    parts = Prefetch("lines", WeekLine.objects.live()), Prefetch("activities", Activity.objects.live())
    for week in Week.objects.live().prefetch_related(*parts):
        body = " ".join([week.topic, week.summary_html, *(line.text_html for line in week.lines.all())])
        activities = " ".join(activity.title for activity in week.activities.all())
        yield Hit(
            title=_("Week %(number)d: %(title)s") % {"number": week.number, "title": week.title},
            detail=week.topic,
            url=reverse("week", args=[week.slug]),
            body=f"{body} {activities}",
        )


def _phases() -> Iterator[Hit]:
    sections_of = Section.objects.live().prefetch_related(Prefetch("items", SectionItem.objects.live()))
    for phase in Phase.objects.live().prefetch_related(Prefetch("sections", sections_of)):
        sections = [section.title for section in phase.sections.all()]
        lines = [item.text_html for section in phase.sections.all() for item in section.items.all()]
        yield Hit(
            title=_("Phase %(number)d: %(title)s") % {"number": phase.number, "title": phase.title},
            detail=" · ".join(sections),
            url=reverse("phase", args=[phase.slug]),
            body=" ".join([phase.intro_html, *lines]),
        )


def _labs() -> Iterator[Hit]:
    for lab in live_labs().defer("starter", "solution", "solution_html", "hints_html"):
        yield Hit(lab.title, lab.summary, reverse("labs:lab", args=[lab.slug]), lab.brief_html)


def _papers() -> Iterator[Hit]:
    for paper in Paper.objects.live():
        detail = f"{paper.authors} · {paper.year}"
        yield Hit(paper.title, detail, reverse("paper", args=[paper.slug]), f"{paper.venue} {paper.summary_html}")


def _topics() -> Iterator[Hit]:
    for topic in Topic.objects.live():
        sources = " · ".join(source["title"] for source in topic.sources)
        yield Hit(topic.title, sources, topic.get_absolute_url(), topic.summary_html)


def _questions(*, learner: bool) -> Iterator[Hit]:
    """One hit for each skill of each quiz. A quiz is for learners; visitors are led to its paper or topic."""
    live = Question.objects.live().filter(paper__retired_at__isnull=True, topic__retired_at__isnull=True)
    by_age = live.order_by(F("paper__order").asc(nulls_last=True), "topic__order", "skill")
    columns = "paper__slug", "paper__title", "topic__slug", "topic__title", "skill"
    for paper, of_paper, topic, of_topic, skill in by_age.values_list(*columns).distinct():
        name, slug = ("quiz", paper) if paper else ("topic-quiz", topic)
        url = reverse(f"reviews:{name}" if learner else "paper" if paper else "topic", args=[slug])
        yield Hit(skill.replace(".", ": ").replace("-", " ").capitalize(), of_paper or of_topic, url)
