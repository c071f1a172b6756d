"""A job that no runner can take does not wait in silence, and holds up nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from labs import placement, queries, reconcile
from labs.models import Runner, Submission
from labs.placement import Missing, Shortfall
from tests.factories import make_lab, make_submission, make_user
from tests.labs.fake_runner import HOST, FakeRunner

pytestmark = pytest.mark.django_db
OTHER_VERSION = {**HOST, "check_library": "0"}


def wait_for(lane: str = "check", memory_mb: int = 512, **fields: Any) -> Submission:
    lab = make_lab(lane=lane, limits={"wall_s": 5.0, "memory_mb": memory_mb})
    return make_submission(fields.pop("user", None), lab, **fields)


def come_by(api: FakeRunner, **fields: Any) -> None:
    """A runner asks for work, with no place free, so that it takes nothing."""
    api.claim(**{"free": [], **fields})


SHORT = {  # what waits, which runners are there, what is missing
    "nobody": ({}, [], Shortfall("runner", "check")),
    "lane": ({"lane": "train"}, [{}], Shortfall("lane", "train")),
    "gpu": ({"lane": "gpu"}, [{"lanes": ["check", "train"]}], Shortfall("lane", "gpu")),
    "memory": ({"memory_mb": 9000}, [{}], Shortfall("memory", "check", 9000, 8192)),
    "memory of that lane": (
        {"lane": "train", "memory_mb": 4096},
        [{"runner": "large"}, {"runner": "small", "lanes": ["train"], "host": {**HOST, "memory_mb": 1024}}],
        Shortfall("memory", "train", 4096, 1024),
    ),
    "level": ({}, [{"level": "namespaces"}], Shortfall("level", "check")),
    "version": ({}, [{"host": OTHER_VERSION}], Shortfall("version", "check")),
}


@pytest.mark.parametrize(("job", "runners", "missing"), SHORT.values(), ids=SHORT.keys())
def test_what_is_missing_is_named(
    job: dict[str, Any], runners: list[dict[str, Any]], missing: Shortfall, runner: FakeRunner, settings: Settings
) -> None:
    settings.MIN_SANDBOX_LEVEL = "full"
    waiting = wait_for(**job)
    for fields in runners:
        come_by(runner, **fields)
    assert placement.stuck() == {waiting.pk: missing}
    assert queries.place(waiting)[1] == missing


@pytest.mark.parametrize(
    "host", [HOST, {**HOST, "memory_mb": 512}, {**HOST, "memory_mb": 0}], ids=["more", "just", "unknown"]
)
def test_what_fits_waits_for_its_turn_only(runner: FakeRunner, host: dict[str, Any]) -> None:
    waiting = wait_for(memory_mb=512)
    come_by(runner, host=host)
    assert queries.place(waiting) == (1, None)


def test_a_runner_that_left_does_not_count(runner: FakeRunner) -> None:
    waiting = wait_for()
    come_by(runner)
    Runner.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    assert placement.stuck() == {waiting.pk: Shortfall("runner", "check")}


def test_one_capable_runner_is_enough(runner: FakeRunner) -> None:
    waiting = wait_for(memory_mb=4096)
    come_by(runner, runner="other-version", host=OTHER_VERSION)
    come_by(runner, runner="small", host={**HOST, "memory_mb": 1024})
    come_by(runner, runner="right")
    assert queries.place(waiting) == (1, None)


def test_others_are_served_and_counted_past_a_job_that_nobody_can_take(runner: FakeRunner) -> None:
    me = make_user()
    large, mine, theirs = wait_for(memory_mb=9000, user=me), wait_for(user=me), wait_for()
    come_by(runner)
    assert [queries.place(one)[0] for one in (large, mine, theirs)] == [None, 1, 2]
    assert [runner.claim().json()["id"] for _ in range(2)] == [str(mine.pk), str(theirs.pk)]
    assert runner.claim().status_code == 204


def test_bells_ring_for_those_that_can_be_taken(runner: FakeRunner, rung: list[str]) -> None:
    old = timezone.now() - timedelta(minutes=1)
    wait_for(lane="gpu", rung_at=old)
    fits = wait_for(rung_at=old)
    come_by(runner)
    assert reconcile.ring_again() == 1
    assert rung == [str(fits.pk)]


WORDS = {
    "gpu": ({"lane": "gpu"}, "This lab needs a GPU, and no runner with one is here"),
    "train": ({"lane": "train"}, "No runner takes jobs of this lab&#x27;s kind (lane train)."),
    "memory": ({"memory_mb": 9000}, "A check may use 9000 MiB here, and the largest runner gives 8192 MiB."),
}


@pytest.mark.parametrize(("job", "words"), WORDS.values(), ids=WORDS.keys())
def test_the_learners_page_says_so_and_that_nothing_is_lost(
    job: dict[str, Any], words: str, client: Client, runner: FakeRunner
) -> None:
    me = make_user()
    client.force_login(me)
    waiting = wait_for(user=me, **job)
    come_by(runner)
    html = client.get(waiting.get_absolute_url()).content.decode()
    assert words in html
    assert "Your submission is kept" in html


def test_the_status_page_counts_what_waits_in_vain_and_says_what_to_do(client: Client, runner: FakeRunner) -> None:
    for _ in range(2):
        wait_for(lane="train")
    wait_for(memory_mb=9000)
    come_by(runner)
    html = client.get("/status/").content.decode()
    assert (
        "2 submissions wait. No runner takes jobs of this lab&#x27;s kind (lane train). Add train to RUNNER_LANES"
        in html
    )
    assert "1 submission waits. A check may use 9000 MiB here" in html


def test_the_status_page_names_a_runner_that_is_refused(client: Client, runner: FakeRunner) -> None:
    come_by(runner, host=OTHER_VERSION)
    assert "gets no work: this site&#x27;s check library is" in client.get("/status/").content.decode()
    come_by(runner)
    assert "gets no work" not in client.get("/status/").content.decode()


def test_the_status_page_is_content_where_nothing_waits_in_vain(client: Client, runner: FakeRunner) -> None:
    wait_for()
    come_by(runner)
    assert "Nothing waits for a runner that is not here." in client.get("/status/").content.decode()


def test_doctor_tells_the_operator(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    wait_for(lane="gpu")
    come_by(runner)
    call_command("waiting")
    told = capsys.readouterr().out
    assert told.startswith("waiting in vain: 1. This lab needs a GPU")
    assert "to mend it: Add gpu to RUNNER_LANES" in told


def test_doctor_is_silent_where_nothing_waits(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("waiting")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("missing", ["runner", "version", "level", "lane", "memory"])
def test_it_is_said_in_the_second_language_too(missing: Missing) -> None:
    short = Shortfall(missing, "train", 9000, 8192)
    english = short.words, short.what, short.remedy
    with translation.override("de"):
        german = short.words, short.what, short.remedy
    assert not set(english) & set(german)
