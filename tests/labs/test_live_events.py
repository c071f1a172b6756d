"""The event stream of a submission: what is stored is replayed, what comes is sent, in pieces of the page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labs.live import Page, messages_of, sse
from labs.models import Event, Runner, Submission
from labs.placement import Shortfall
from labs.stream import Change, Cursor, StoredEvent, read_changes
from residual.accounts.models import User
from tests.factories import check_json, event_json, make_submission, make_user, report_json
from tests.labs.fake_runner import FakeRunner

PAGE = Page(uuid4(), {}, {"wall_s": 5.0}, "en")


def told(*events: StoredEvent, status: str = "running", position: int | None = None) -> str:
    return "".join(messages_of(PAGE, Change(PAGE.submission, status, Cursor(9, 1, position), events)))


def test_a_message_carries_number_name_and_every_line() -> None:
    assert sse("log", "a\r\nb\n", 7) == "id: 7\nevent: log\ndata: a\ndata: b\ndata: \n\n"


def test_text_can_not_break_out_of_its_message() -> None:
    assert "\nevent: done" not in sse("log", "x\revent: done")


def test_a_check_is_the_row_that_it_replaces() -> None:
    text = told(StoredEvent(4, "check", check_json("values", "failed", message="<b>no</b>")))
    assert text.startswith("id: 4\nevent: check-values\ndata: ")
    assert 'id="check-values" class="failed" sse-swap="check-values"' in text
    assert "&lt;b&gt;no&lt;/b&gt;" in text


def test_log_text_is_escaped() -> None:
    assert "&lt;script&gt;" in told(StoredEvent(1, "log", {"text": "<script>"}))


def test_metrics_are_shown_by_name() -> None:
    text = told(StoredEvent(1, "metric", {"step": 3, "loss": 0.5}))
    assert "loss 0.5" in text
    assert "step 3" in text


def test_without_a_runner_a_waiting_page_says_so_and_that_nothing_is_lost() -> None:
    change = Change(PAGE.submission, "queued", Cursor(0, 1, 1, Shortfall("runner")))
    assert "No runner answers at the moment." in "".join(messages_of(PAGE, change))


def test_every_change_says_where_the_submission_stands() -> None:
    assert "Number 4 in the queue." in told(status="queued", position=4)
    assert "event: done" not in told(status="running")
    assert told(status="done").endswith("event: done\ndata: done\n\n")


@pytest.fixture
def me(transactional_db: None) -> User:  # noqa: ARG001 - the reader's thread sees only what is committed
    return make_user()


@pytest.fixture
def submission(me: User, runner: FakeRunner) -> Submission:
    """A running submission with three stored events."""
    submission = make_submission(me)
    runner.claim()
    log = [event_json(seq, "log", {"text": f"line {seq}"}) for seq in (1, 2)]
    runner.events(submission.pk, *log, event_json(3, "check", check_json("shapes")))
    return submission


def stream_of(user: User, submission: Submission, last: str = "", query: str = "") -> str:
    """Everything that the stream sends until it ends; the submission must be over."""

    async def read() -> str:
        client = AsyncClient()
        await client.aforce_login(user)
        headers = {"Last-Event-ID": last} if last else {}
        answer = await client.get(f"{submission.get_absolute_url()}events{query}", headers=headers)
        assert answer["Content-Type"] == "text/event-stream"
        pieces = cast("AsyncIterator[bytes]", cast("StreamingHttpResponse", answer).streaming_content)
        text = b"".join([piece async for piece in pieces]).decode()
        await asyncio.gather(*readers())  # they end, and without an error
        return text

    return asyncio.run(asyncio.wait_for(read(), 20))


def readers() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "") == "Tailer._run"]


def finish(runner: FakeRunner, submission: Submission) -> None:
    assert runner.verdict(submission.pk, report_json("passed", check_json("shapes"))).status_code == 200


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^id: (\d+)$", text, re.MULTILINE)]


def test_the_stream_replays_all_stored_events_and_ends_when_it_is_over(
    me: User, submission: Submission, runner: FakeRunner
) -> None:
    finish(runner, submission)
    text = stream_of(me, submission)
    assert numbers(text) == list(Event.objects.order_by("pk").values_list("pk", flat=True))
    assert text.startswith("retry: ")
    assert "line 1" in text
    assert text.endswith("event: done\ndata: done\n\n")


@pytest.mark.parametrize("how", ["header", "query"])
def test_a_browser_that_comes_back_gets_only_what_it_missed(
    me: User, submission: Submission, runner: FakeRunner, how: str
) -> None:
    finish(runner, submission)
    second = Event.objects.order_by("pk")[1].pk
    where = {"last": str(second)} if how == "header" else {"query": f"?after={second}"}
    text = stream_of(me, submission, **where)
    assert numbers(text) == [second + 1]


@pytest.mark.parametrize("last", ["x", "-1", "9" * 40, "1; drop"])
def test_a_last_event_id_that_is_no_number_replays_everything(
    me: User, submission: Submission, runner: FakeRunner, last: str
) -> None:
    finish(runner, submission)
    assert len(numbers(stream_of(me, submission, last))) == 3


def test_the_reader_finds_changes_in_six_queries_at_most(
    submission: Submission, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    waiting = make_submission()
    cursors = {submission.pk: Cursor(), waiting.pk: Cursor()}
    with django_assert_max_num_queries(6):
        changes = {change.submission: change for change in read_changes(cursors)}
    assert [event.kind for event in changes[submission.pk].events] == ["log", "log", "check"]
    assert (changes[waiting.pk].cursor.position, changes[waiting.pk].cursor.shortfall) == (1, None)
    Runner.objects.update(seen_at="2026-01-01T00:00:00Z")
    assert [change.cursor.shortfall for change in read_changes({waiting.pk: Cursor()})] == [
        Shortfall("runner", "check")
    ]
    Runner.objects.update(seen_at=timezone.now())
    assert read_changes({pk: change.cursor for pk, change in changes.items()}) == []
