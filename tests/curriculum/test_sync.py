"""Content reaches the database whole or not at all, once, and nothing is ever deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curriculum import tex
from curriculum.loading import BrokenContentError, SyncReport
from curriculum.models import Activity, Paper, Question, Section, SectionItem, Week
from curriculum.rows import MODELS
from curriculum.sync import sync
from tests.curriculum.factories import Content, activity, choice, paper, phase, roadmap, week

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")

TWO_PAPERS = Content().with_file("papers/other/paper.yaml", paper("other", "other"))


def writes(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in captured.captured_queries if query["sql"].startswith(WRITES)]


def test_the_first_run_creates_everything(tmp_path: Path) -> None:
    report = sync(NOW, Content().write(tmp_path))

    assert report == SyncReport(created=sum(model.objects.count() for model in MODELS))
    assert Section.objects.get().papers.get() == Paper.objects.get()
    assert Week.objects.get().phases.get().id == "p1"
    assert "<math>" in Paper.objects.get().summary_html
    assert SectionItem.objects.get().labs == [{"id": "lab-one", "title": "Lab one"}]


def test_a_second_run_writes_nothing_and_starts_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = TWO_PAPERS.write(tmp_path)
    first = sync(NOW, root)
    monkeypatch.setattr(tex, "_run_worker", lambda _request: pytest.fail("the TeX engine was started"))

    with CaptureQueriesContext(connection) as captured:
        report = sync(LATER, root)

    assert report == SyncReport(unchanged=first.created)
    assert writes(captured) == []


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    sync(NOW, TWO_PAPERS.write(tmp_path))
    changed = TWO_PAPERS.with_file("papers/other/paper.yaml", paper("other", "other", summary="New words."))

    report = sync(LATER, changed.write(tmp_path))

    assert (report.created, report.updated, report.retired) == (0, 1, 0)
    assert Paper.objects.get(id="other").summary_html == "<p>New words.</p>"


def test_a_new_renderer_renders_everything_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Content().write(tmp_path)
    first = sync(NOW, root)
    monkeypatch.setattr("curriculum.rows.RENDERER", "another")

    assert sync(LATER, root) == SyncReport(updated=first.created)


def test_a_removed_item_is_retired_and_what_points_at_it_stays(tmp_path: Path) -> None:
    lines = week(activities=[activity(), activity("w1.reading", kind="reading", ref="other")])
    sync(NOW, TWO_PAPERS.with_file("roadmap.yaml", roadmap(lines)).write(tmp_path))

    report = sync(LATER, Content().write(tmp_path))

    assert report.retired == 2
    assert Paper.objects.get(id="other").retired_at == LATER
    gone = Activity.objects.get(id="w1.reading")
    assert gone.retired_at == LATER
    assert gone.paper_id == "other"


def test_a_retired_item_keeps_the_day_it_was_retired_on(tmp_path: Path) -> None:
    sync(NOW, TWO_PAPERS.write(tmp_path))
    root = Content().write(tmp_path)
    sync(NOW, root)

    sync(LATER, root)

    assert Paper.objects.get(id="other").retired_at == NOW


def test_an_item_that_comes_back_is_the_same_row_again(tmp_path: Path) -> None:
    sync(NOW, TWO_PAPERS.write(tmp_path))
    sync(NOW, Content().write(tmp_path))

    report = sync(LATER, TWO_PAPERS.write(tmp_path))

    assert (report.created, report.updated) == (0, 1)
    assert Paper.objects.get(id="other").retired_at is None


def test_a_renamed_slug_keeps_its_row(tmp_path: Path) -> None:
    sync(NOW, Content().write(tmp_path))
    renamed = (
        Content()
        .without("papers/ddpm/paper.yaml", "papers/ddpm/quiz.yaml")
        .with_file("papers/noise/paper.yaml", paper("ddpm", "noise"))
        .with_file("papers/noise/quiz.yaml", {"questions": [choice()]})
    )

    report = sync(LATER, renamed.write(tmp_path))

    assert (report.created, report.updated, report.retired) == (0, 1, 0)
    assert Paper.objects.get().slug == "noise"
    assert Question.objects.get().paper_id == "ddpm"


def test_two_items_can_swap_their_slugs(tmp_path: Path) -> None:
    before = Content().with_file("roadmap.yaml", roadmap(week(1, slug="a"), week(2, slug="b")))
    after = Content().with_file("roadmap.yaml", roadmap(week(1, slug="b"), week(2, slug="a")))
    sync(NOW, before.write(tmp_path))

    sync(LATER, after.write(tmp_path))

    assert dict(Week.objects.values_list("id", "slug")) == {"w1": "b", "w2": "a"}


def test_a_new_item_can_take_the_slug_of_a_retired_one(tmp_path: Path) -> None:
    sync(NOW, Content().with_file("roadmap.yaml", roadmap(week(1, slug="a"))).write(tmp_path))

    sync(LATER, Content().with_file("roadmap.yaml", roadmap(week(2, slug="a"))).write(tmp_path))

    assert Week.objects.live().get(slug="a").id == "w2"


def test_order_is_that_of_the_file(tmp_path: Path) -> None:
    first, second = activity("w1.b"), activity("w1.a")
    sync(NOW, Content().with_file("roadmap.yaml", roadmap(week(activities=[first, second]))).write(tmp_path))
    assert [item.id for item in Activity.objects.all()] == ["w1.b", "w1.a"]

    sync(LATER, Content().with_file("roadmap.yaml", roadmap(week(activities=[second, first]))).write(tmp_path))
    assert [item.id for item in Activity.objects.all()] == ["w1.a", "w1.b"]


def test_a_removed_link_is_removed(tmp_path: Path) -> None:
    sync(NOW, Content().write(tmp_path))
    section = {**phase()["sections"][0], "papers": []}

    sync(LATER, Content().with_file("phases/first.yaml", phase(sections=[section])).write(tmp_path))

    assert not Section.objects.get().papers.exists()


@pytest.mark.parametrize("broken", ["schema", "formula"])
def test_broken_content_changes_nothing(tmp_path: Path, broken: str) -> None:
    sync(NOW, Content().write(tmp_path))
    worse = paper(year="soon") if broken == "schema" else paper(summary="$\\frac{1$")
    content = TWO_PAPERS.with_file("papers/ddpm/paper.yaml", worse)

    with CaptureQueriesContext(connection) as captured, pytest.raises(BrokenContentError) as caught:
        sync(LATER, content.write(tmp_path))

    assert [error.file for error in caught.value.errors] == ["papers/ddpm/paper.yaml"]
    assert writes(captured) == []
    assert not Paper.objects.filter(id="other").exists()


def test_every_table_of_content_is_synced() -> None:
    assert set(MODELS) == set(apps.get_app_config("curriculum").get_models())


def test_the_real_content_syncs() -> None:
    first = sync(NOW)

    assert first.created > 300
    assert sync(LATER).unchanged == first.created
    for row in Paper.objects.all():
        assert row.summary_html.startswith("<p>")
        assert "$" not in row.summary_html, row.id
