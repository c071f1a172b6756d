"""Nothing that the two source documents name is missing from the content."""

from __future__ import annotations

from collections import Counter

import pytest

from curriculum.files import Library, read_library
from curriculum.references import reference_errors
from curriculum.schema import PhaseFile, SectionPart, WeekPart
from labs.catalog_files import read_catalog
from tests.curriculum import outline

KINDS = ("topic", "resource", "tutorial", "hands_on", "tool")


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library()


def phases(library: Library) -> dict[str, PhaseFile]:
    return {phase.id: phase for phase in library.phases.values()}


def sections(library: Library) -> dict[str, SectionPart]:
    return {section.id: section for phase in library.phases.values() for section in phase.sections}


def weeks(library: Library) -> dict[int, WeekPart]:
    assert library.roadmap is not None
    return {week.number: week for month in library.roadmap.months for week in month.weeks}


def test_every_file_is_sound(library: Library) -> None:
    assert library.errors == []
    assert reference_errors(library) == []


def test_the_seven_phases_keep_their_titles_and_timelines(library: Library) -> None:
    assert {key: (phase.title, phase.timeline) for key, phase in phases(library).items()} == outline.PHASES
    assert sorted(phase.number for phase in phases(library).values()) == [1, 2, 3, 4, 5, 6, 7]


def test_every_section_has_its_topics_resources_tutorials_tasks_and_tools(library: Library) -> None:
    counts = {
        key: tuple(sum(item.kind == kind for item in section.items) for kind in KINDS)
        for key, section in sections(library).items()
    }

    assert counts == {key: count for key, (count, _) in outline.SECTIONS.items()}


@pytest.mark.parametrize("section", outline.SECTIONS)
def test_a_section_names_its_key_papers(library: Library, section: str) -> None:
    assert outline.SECTIONS[section][1] <= set(sections(library)[section].papers)


def test_every_hands_on_item_leads_to_a_lab(library: Library) -> None:
    items = {item.id: item for section in sections(library).values() for item in section.items}

    assert {key for key, item in items.items() if item.kind == "hands_on"} == outline.HANDS_ON
    assert all(items[key].labs for key in outline.HANDS_ON)


def test_where_the_source_errs_the_correction_is_shown(library: Library) -> None:
    items = [item for section in sections(library).values() for item in section.items]

    assert {item.id for item in items if item.correction} == outline.CORRECTED


def test_three_months_hold_four_weeks_each(library: Library) -> None:
    assert library.roadmap is not None
    months = {month.number: (month.title, [week.number for week in month.weeks]) for month in library.roadmap.months}

    assert months == outline.MONTHS


@pytest.mark.parametrize("number", outline.WEEKS)
def test_a_week_keeps_its_title_its_kinds_of_lines_its_phases_and_its_labs(library: Library, number: int) -> None:
    title, kinds, of_phases, labs = outline.WEEKS[number]
    week = weeks(library)[number]
    required = {item.ref for item in week.activities if item.kind == "lab" and not item.stretch}

    assert week.title == title
    assert Counter(line.kind for line in week.lines) == Counter(kinds)
    assert set(week.phases) == of_phases
    assert labs <= required


def test_every_week_has_a_topic_of_its_own_for_the_table(library: Library) -> None:
    topics = {number: week.topic for number, week in weeks(library).items()}

    assert len(set(topics.values())) == 12
    assert {number: topics[number] for number in outline.TOPICS} == outline.TOPICS
    assert {number for number, week in weeks(library).items() if week.capstone} == outline.CAPSTONES


def test_no_week_can_be_completed_by_ticks_alone(library: Library) -> None:
    for week in weeks(library).values():
        assert any(item.kind == "lab" and not item.stretch for item in week.activities), week.id


def test_a_week_fits_its_days(library: Library) -> None:
    """45 to 60 minutes a day leave at most seven hours."""
    for week in weeks(library).values():
        assert sum(item.minutes for item in week.activities if not item.stretch) <= 7 * 60, week.id


def test_objectives_principles_tools_and_timeline_are_kept(library: Library) -> None:
    assert library.roadmap is not None
    kinds = Counter(line.kind for track in library.roadmap.tracks for line in track.lines)

    assert kinds == Counter(outline.TRACK_LINES)


def test_sixty_papers_have_authors_a_year_a_link_and_a_summary(library: Library) -> None:
    papers = {paper.id: paper for paper in library.papers.values()}

    assert {key: paper.arxiv for key, paper in papers.items()} == outline.ARXIV
    for paper in papers.values():
        assert paper.url.scheme == "https"
        assert not paper.arxiv or str(paper.url) == f"https://arxiv.org/abs/{paper.arxiv}"
        assert 2 <= paper.summary.count(". ") + paper.summary.count(".\n") + 1 <= 6, paper.id


def test_titles_are_plain_text(library: Library) -> None:
    """Markdown is rendered in texts only; in a title its marks would be shown."""
    titles = [paper.title for paper in library.papers.values()]
    titles += [part for phase in library.phases.values() for part in (phase.title, *(s.title for s in phase.sections))]
    titles += [part for week in weeks(library).values() for part in (week.title, week.topic)]
    titles += [item.title for week in weeks(library).values() for item in week.activities]

    assert [title for title in titles if set(title) & set("`*$_")] == []


def test_the_labs_and_quizzes_that_exist_are_released_and_the_others_are_planned(library: Library) -> None:
    items = [item for week in weeks(library).values() for item in week.activities if item.kind in ("lab", "quiz")]
    quizzed = {about.id for path in library.quizzes if (about := library.about(path))}
    exist = quizzed | {lab.entry.id for lab in read_catalog().labs}

    assert {item.ref for item in items if item.released} == {item.ref for item in items} & exist
