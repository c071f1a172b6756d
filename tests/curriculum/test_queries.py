"""What pages read is live, in order, and costs the same however much there is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from curriculum import queries
from curriculum.models import Paper, Phase, Track, Week
from curriculum.sync import sync
from tests.curriculum.factories import Content, activity, paper, roadmap, week

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def _content() -> None:
    sync(NOW)


@pytest.mark.usefixtures("_content")
def test_the_weeks_with_all_they_hold_take_six_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(6):
        weeks = list(queries.weeks())
        titles = [
            (week.month.title, [line.kind for line in week.lines.all()], [phase.title for phase in week.phases.all()])
            for week in weeks
        ]
        papers = {item.paper.title for week in weeks for item in week.activities.all() if item.paper}

    assert [week.number for week in weeks] == list(range(1, 13))
    assert titles[1] == ("LLM Foundations", ["focus", "theory", "coding"], ["Transformers and NLP Foundations"])
    assert "Attention Is All You Need" in papers


@pytest.mark.usefixtures("_content")
def test_the_phases_with_all_they_hold_take_seven_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(7):
        phases = list(queries.phases())
        items = [item.id for phase in phases for section in phase.sections.all() for item in section.items.all()]
        papers = [paper.id for phase in phases for section in phase.sections.all() for paper in section.papers.all()]
        weeks = [week.number for phase in phases for week in phase.weeks.all()]

    assert [phase.number for phase in phases] == [1, 2, 3, 4, 5, 6, 7]
    assert items[0] == "p1.1.mathematics"
    assert "attention" in papers
    assert weeks[0] == 1


@pytest.mark.usefixtures("_content")
def test_papers_know_where_they_are_used(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(3):
        found = queries.paper("attention-is-all-you-need")
        sections = [(section.id, section.phase.number) for section in found.sections.all()]
        weeks = {item.week.number for item in found.activities.all()}

    assert ("p2.3", 2) in sections
    assert weeks == {2}
    assert queries.questions("attention").count() >= 12
    assert queries.papers().count() == 60


@pytest.mark.usefixtures("_content")
def test_a_track_has_its_lines() -> None:
    kinds = [line.kind for line in queries.track("twelve-weeks").lines.all()]

    assert kinds.count("objective") == kinds.count("principle") == 4


@pytest.mark.usefixtures("_content")
def test_an_unknown_slug_does_not_exist() -> None:
    for find, model in (
        (queries.week, Week),
        (queries.phase, Phase),
        (queries.paper, Paper),
        (queries.track, Track),
    ):
        with pytest.raises(model.DoesNotExist):
            find("nothing-of-that-name")


def test_what_is_retired_is_not_found_and_not_listed(tmp_path: Path) -> None:
    with_more = (
        Content()
        .with_file("papers/other/paper.yaml", paper("other", "other"))
        .with_file("roadmap.yaml", roadmap(week(1, activities=[activity("w1.a"), activity("w1.b")]), week(2)))
    )
    sync(NOW, with_more.write(tmp_path))
    sync(NOW, Content().with_file("roadmap.yaml", roadmap(week(1, activities=[activity("w1.a")]))).write(tmp_path))

    with pytest.raises(Paper.DoesNotExist):
        queries.paper("other")
    assert [found.id for found in queries.weeks()] == ["w1"]
    assert [item.id for item in queries.week("week-1").activities.all()] == ["w1.a"]
