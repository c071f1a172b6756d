"""`manage.py sync_content` asks every room that keeps content, and refuses all of it together."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

import curriculum.sync
from curriculum.loading import BrokenContentError, ContentError, SyncReport
from curriculum.models import Paper, Week
from residual.portability import content

BROKEN = ContentError("lab.yaml", "title", "is missing")


def room(*errors: ContentError) -> SimpleNamespace:
    def sync(_now: datetime) -> SyncReport:
        if errors:
            raise BrokenContentError(errors)
        return SyncReport(created=1)

    return SimpleNamespace(check=lambda: list(errors), sync=sync)


def run(*arguments: str, verbosity: int = 1) -> str:
    out = StringIO()
    call_command("sync_content", *arguments, stdout=out, verbosity=verbosity)
    return out.getvalue()


@pytest.mark.django_db
def test_all_content_of_the_project_is_sound_and_syncs_once() -> None:
    assert run("--check") == "Content: no errors.\n"
    assert Week.objects.count() == 0  # a check writes nothing

    assert "0 updated, 0 retired, 0 unchanged" in run()
    assert "0 created, 0 updated, 0 retired" in run()
    assert Week.objects.count() == 12


@pytest.mark.django_db
def test_the_errors_of_all_rooms_come_together_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    other = ContentError("week.yaml", "", "is no YAML")
    rooms = {"curriculum/content": curriculum.sync, "labs": room(BROKEN), "weeks": room(other)}
    monkeypatch.setattr(content, "ROOMS", rooms)

    with pytest.raises(CommandError) as caught:
        run()

    assert str(caught.value).startswith("The content has 2 error(s); nothing was written:")
    assert "labs/lab.yaml: title: is missing" in str(caught.value)
    assert "weeks/week.yaml: is no YAML" in str(caught.value)
    assert not Paper.objects.exists()


def test_a_check_that_finds_errors_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "ROOMS", {"a": room(), "b": room(BROKEN)})

    with pytest.raises(CommandError, match="1 error") as caught:
        run("--check")

    assert caught.value.returncode == 1


@pytest.mark.django_db
def test_a_week_can_not_release_a_lab_that_the_catalogue_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "ROOMS", {"curriculum/content": curriculum.sync, "labs": room()})

    with pytest.raises(CommandError, match=r"w2\.lab\.sdpa: is released, but labs/catalog holds no lab lab-sdpa"):
        run()

    assert not Week.objects.exists()


@pytest.mark.django_db
def test_a_quiet_run_says_nothing() -> None:
    assert run(verbosity=0) == ""
