"""Content files as rows: which model, which id, which columns. Markdown stays a `Source` until sync renders it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from curriculum import models
from curriculum.files import Library
from curriculum.markdown import RENDERER, Source
from curriculum.quiz_rows import question_columns
from curriculum.references import weeks
from curriculum.schema import ActivityPart, PaperFile, PhaseFile, SectionLine, SectionPart, TopicFile, WeekPart

# Parents before children: the order in which rows can be written.
MODELS: Final[tuple[type[models.Content], ...]] = (
    models.Paper,
    models.Topic,
    models.Phase,
    models.Section,
    models.SectionItem,
    models.Track,
    models.TrackLine,
    models.NamedLab,
    models.Month,
    models.Week,
    models.WeekLine,
    models.Activity,
    models.Question,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One item of content. `columns` may hold a Source anywhere inside; `links` are its many-to-many ids."""

    model: type[models.Content]
    id: str
    columns: Mapping[str, Any]
    file: str
    where: str  # the item's path in its file; empty for the file's own item
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 of everything that is written, before rendering, and of the renderer's version."""
        whole = [RENDERER, self.model.__name__, self.id, self.columns, self.links]
        return hashlib.sha256(json.dumps(whole, sort_keys=True, default=_plain).encode()).hexdigest()


def library_rows(library: Library) -> list[Row]:
    """Every row of a library without errors."""
    return [
        *_papers(library),
        *_topics(library),
        *_phases(library),
        *_tracks(library),
        *_labs(library),
        *_months(library),
        *_questions(library),
    ]


def _plain(value: object) -> object:
    if isinstance(value, Source):
        return asdict(value)
    raise TypeError(f"{value!r} has no place in a content row")


def _inline(text: str) -> Source:
    return Source(text, inline=True)


def _papers(library: Library) -> Iterator[Row]:
    by_age = sorted(library.papers.items(), key=lambda entry: (entry[1].year, entry[1].title))
    for order, (file, paper) in enumerate(by_age):
        columns = {
            "order": order,
            "slug": paper.slug,
            "title": paper.title,
            "authors": paper.authors,
            "year": paper.year,
            "venue": paper.venue,
            "arxiv": paper.arxiv,
            "url": str(paper.url),
            "summary_html": Source(paper.summary),
        }
        yield Row(models.Paper, paper.id, columns, file, "")


def _topics(library: Library) -> Iterator[Row]:
    for order, (file, topic) in enumerate(sorted(library.topics.items(), key=lambda entry: entry[1].title)):
        columns = {
            "order": order,
            "slug": topic.slug,
            "title": topic.title,
            "summary_html": Source(topic.summary),
            "sources": [{"title": source.title, "url": str(source.url)} for source in topic.sources],
        }
        yield Row(models.Topic, topic.id, columns, file, "")


def _phases(library: Library) -> Iterator[Row]:
    labs = {lab.id: lab.title for lab in library.roadmap.labs} if library.roadmap else {}
    for file, phase in library.phases.items():
        yield _phase(file, phase)
        for order, section in enumerate(phase.sections):
            where = f"sections[{order}]"
            yield _section(file, where, phase, section, order)
            for at, item in enumerate(section.items):
                yield _section_item(file, f"{where}.items[{at}]", section, item, at, labs)


def _phase(file: str, phase: PhaseFile) -> Row:
    columns = {
        "order": phase.number,
        "slug": phase.slug,
        "number": phase.number,
        "title": phase.title,
        "timeline": phase.timeline,
        "intro_html": Source(phase.intro),
    }
    return Row(models.Phase, phase.id, columns, file, "", {"needs": phase.needs})


def _section(file: str, where: str, phase: PhaseFile, section: SectionPart, order: int) -> Row:
    columns = {
        "order": order,
        "phase_id": phase.id,
        "title": section.title,
        "intro_html": Source(section.intro),
    }
    return Row(models.Section, section.id, columns, file, where, {"papers": section.papers})


def _section_item(
    file: str, where: str, section: SectionPart, item: SectionLine, order: int, labs: Mapping[str, str]
) -> Row:
    columns = {
        "order": order,
        "section_id": section.id,
        "kind": item.kind,
        "text_html": _inline(item.text),
        "medium": item.medium,
        "cost": item.cost,
        "url": str(item.url or ""),
        "correction_html": _inline(item.correction),
        "labs": [{"id": lab, "title": labs[lab]} for lab in item.labs],
    }
    return Row(models.SectionItem, item.id, columns, file, where)


def _tracks(library: Library) -> Iterator[Row]:
    for order, track in enumerate(library.roadmap.tracks if library.roadmap else ()):
        where = f"tracks[{order}]"
        columns = {"order": order, "slug": track.slug, "title": track.title, "intro_html": Source(track.intro)}
        yield Row(models.Track, track.id, columns, "roadmap.yaml", where)
        for at, line in enumerate(track.lines):
            line_columns = {
                "order": at,
                "track_id": track.id,
                "kind": line.kind,
                "title": line.title,
                "text_html": _inline(line.text),
            }
            yield Row(models.TrackLine, line.id, line_columns, "roadmap.yaml", f"{where}.lines[{at}]")


def _labs(library: Library) -> Iterator[Row]:
    for order, lab in enumerate(library.roadmap.labs if library.roadmap else ()):
        columns = {"order": order, "title": lab.title}
        yield Row(models.NamedLab, lab.id, columns, "roadmap.yaml", f"labs[{order}]", {"needs": lab.needs})


def _months(library: Library) -> Iterator[Row]:
    month_of: dict[str, str] = {}
    for order, month in enumerate(library.roadmap.months if library.roadmap else ()):
        columns = {"order": order, "number": month.number, "title": month.title}
        yield Row(models.Month, month.id, columns, "roadmap.yaml", f"months[{order}]")
        month_of.update((week.id, month.id) for week in month.weeks)
    topics = frozenset(topic.id for topic in library.topics.values())
    for where, week in weeks(library):
        yield _week(where, month_of[week.id], week)
        yield from _week_parts(where, week, topics)


def _week(where: str, month: str, week: WeekPart) -> Row:
    columns = {
        "order": week.number,
        "slug": week.slug,
        "month_id": month,
        "number": week.number,
        "title": week.title,
        "topic": week.topic,
        "capstone": week.capstone,
        "summary_html": Source(week.summary),
    }
    return Row(models.Week, week.id, columns, "roadmap.yaml", where, {"phases": week.phases, "needs": week.needs})


def _week_parts(where: str, week: WeekPart, topics: AbstractSet[str]) -> Iterator[Row]:
    for order, line in enumerate(week.lines):
        columns = {"order": order, "week_id": week.id, "kind": line.kind, "text_html": _inline(line.text)}
        yield Row(models.WeekLine, line.id, columns, "roadmap.yaml", f"{where}.lines[{order}]")
    for order, activity in enumerate(week.activities):
        columns = {"order": order, "week_id": week.id, **_activity(activity, topics)}
        yield Row(models.Activity, activity.id, columns, "roadmap.yaml", f"{where}.activities[{order}]")


def _activity(activity: ActivityPart, topics: AbstractSet[str]) -> dict[str, Any]:
    about = activity.ref if activity.kind != "lab" else None
    return {
        "kind": activity.kind,
        "ref": activity.ref if activity.kind in ("lab", "quiz") else activity.id,
        "title": activity.title,
        "minutes": activity.minutes,
        "stretch": activity.stretch,
        "released": activity.released,
        "paper_id": None if about in topics else about,
        "topic_id": about if about in topics else None,
    }


def _questions(library: Library) -> Iterator[Row]:
    for file, quiz in library.quizzes.items():
        about = library.about(file)
        column = {
            "paper_id": about.id if isinstance(about, PaperFile) else None,
            "topic_id": about.id if isinstance(about, TopicFile) else None,
        }
        for order, question in enumerate(quiz.questions):
            columns = {"order": order, **column, **question_columns(question)}
            yield Row(models.Question, question.id, columns, file, f"questions[{order}]")
