"""A section of a phase as its page shows it: its lines by kind, each with the labs that belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.models import Paper, Phase, Section, SectionItem
from labs.models import Lab

HEADINGS: Final[Mapping[SectionItem.Kind, str | Promise]] = {
    SectionItem.Kind.TOPIC: _("Topics"),
    SectionItem.Kind.HANDS_ON: _("Hands on"),
    SectionItem.Kind.RESOURCE: _("Books, courses, documentation"),
    SectionItem.Kind.TUTORIAL: _("Tutorials"),
    SectionItem.Kind.TOOL: _("Tools"),
}


@dataclass(frozen=True, slots=True)
class Line:
    item: SectionItem
    labs: tuple[Lab, ...]
    planned: tuple[str, ...]  # titles of labs that the catalogue does not hold yet


@dataclass(frozen=True, slots=True)
class Group:
    heading: str | Promise
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    section: Section
    groups: tuple[Group, ...]
    papers: tuple[Paper, ...]


def sections(phase: Phase, labs: Mapping[str, Lab]) -> list[SectionView]:
    """`labs` maps the ids of the labs that exist to them."""
    return [_section(section, labs) for section in phase.sections.all()]


def _section(section: Section, labs: Mapping[str, Lab]) -> SectionView:
    lines = [_line(item, labs) for item in section.items.all()]
    groups = (_group(kind, lines) for kind in HEADINGS)
    return SectionView(section, tuple(group for group in groups if group.lines), tuple(section.papers.all()))


def _group(kind: SectionItem.Kind, lines: Sequence[Line]) -> Group:
    return Group(HEADINGS[kind], tuple(line for line in lines if line.item.kind == kind))


def _line(item: SectionItem, labs: Mapping[str, Lab]) -> Line:
    there = tuple(labs[named["id"]] for named in item.labs if named["id"] in labs)
    return Line(item, there, tuple(named["title"] for named in item.labs if named["id"] not in labs))
