"""The schema of every content file. Nothing unknown is accepted, so that a misspelt field is an error and not a loss.

Texts are Markdown with TeX. Ids are for ever; slugs, order and words may change. Order is that of the parent's list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator

_Part = TypeVar("_Part", bound=BaseModel)
_Parts = TypeVar("_Parts", bound=Sequence[BaseModel])

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=80)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Minutes = Annotated[int, Field(ge=5, le=600)]


def at_least(count: int) -> AfterValidator:
    """How many parts a list needs. Unlike pydantic's `min_length` it is silent where the parts themselves are wrong."""

    def check(parts: _Parts) -> _Parts:
        if len(parts) < count:
            raise ValueError(f"there must be at least {count} of these, not {len(parts)}")
        return parts

    return AfterValidator(check)


Some = Annotated[tuple[_Part, ...], at_least(1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Item(Strict):
    id: Id


class PaperFile(Item):
    """papers/<slug>/paper.yaml"""

    slug: Slug
    title: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    authors: Annotated[str, StringConstraints(min_length=1, max_length=600)]
    year: Annotated[int, Field(ge=1940, le=2100)]
    venue: Annotated[str, StringConstraints(max_length=120)] = ""
    arxiv: Annotated[str, StringConstraints(pattern=r"^(\d{4}\.\d{4,5})?$")] = ""
    url: HttpUrl
    summary: Text


class TopicSource(Strict):
    """A page or chapter that a topic's questions rest on; a question's `source` begins with its title."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    url: HttpUrl


class TopicFile(Item):
    """topics/<slug>/topic.yaml"""

    slug: Slug
    title: Title
    summary: Text
    sources: Some[TopicSource]


class SectionLine(Item):
    kind: Literal["topic", "resource", "tutorial", "hands_on", "tool"]
    text: Text
    medium: Annotated[str, StringConstraints(max_length=40)] = ""
    cost: Literal["", "free", "partly_free", "paid"] = ""
    url: HttpUrl | None = None
    correction: str = ""
    labs: tuple[Id, ...] = ()


class SectionPart(Item):
    title: Title
    intro: str = ""
    papers: tuple[Id, ...] = ()
    items: tuple[SectionLine, ...] = ()


class PhaseFile(Item):
    """phases/<slug>.yaml"""

    slug: Slug
    number: Annotated[int, Field(ge=1)]
    title: Title
    timeline: Annotated[str, StringConstraints(max_length=60)] = ""
    needs: tuple[Id, ...] = ()  # phases to have behind one
    intro: Text
    sections: Some[SectionPart]


class TrackLinePart(Item):
    kind: Literal["objective", "principle", "timeline", "tool"]
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    text: Text


class TrackPart(Item):
    slug: Slug
    title: Title
    intro: Text
    lines: tuple[TrackLinePart, ...] = ()


class LabName(Item):
    """A lab that weeks and phases may name: in the catalogue already, or planned."""

    title: Title
    needs: tuple[Id, ...] = ()  # labs whose ideas it builds on


class WeekLinePart(Item):
    """`labs`: which of the week's labs do what a practical line asks; none named means all of them."""

    kind: Literal["description", "focus", "theory", "coding", "project", "goal", "milestone"]
    text: Text
    labs: tuple[Id, ...] = ()


class ActivityPart(Item):
    """`ref`: a lab's id for a lab, a paper's or topic's id for a quiz. Readings and theory may name theirs."""

    kind: Literal["lab", "quiz", "reading", "theory", "journal"]
    ref: Id | None = None
    title: Title
    minutes: Minutes
    stretch: bool = False
    released: bool = True


class WeekPart(Item):
    slug: Slug
    number: Annotated[int, Field(ge=1)]
    title: Title
    topic: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    capstone: bool = False
    summary: Text
    phases: tuple[Id, ...] = ()
    needs: tuple[Id, ...] = ()  # weeks that it builds on
    lines: Some[WeekLinePart]
    activities: Some[ActivityPart]

    @model_validator(mode="after")
    def lines_name_labs_of_the_week(self) -> WeekPart:
        labs = {activity.ref for activity in self.activities if activity.kind == "lab"}
        for line in self.lines:
            if strange := sorted(set(line.labs) - labs):
                raise ValueError(f"line {line.id} names {', '.join(strange)}, which the week has no activity for")
        return self


class MonthPart(Item):
    number: Annotated[int, Field(ge=1)]
    title: Title
    weeks: Some[WeekPart]


class RoadmapFile(Strict):
    """roadmap.yaml"""

    tracks: tuple[TrackPart, ...]
    labs: tuple[LabName, ...]
    months: Some[MonthPart]
