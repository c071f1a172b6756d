"""Events are stored once, in order, and show checks as they land."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from labs import dispatch, events
from labs.models import Submission
from tests.factories import check_json, event_json, make_submission
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(runner: FakeRunner) -> Submission:
    submission = make_submission()
    runner.claim()
    submission.refresh_from_db()
    return submission


def test_a_check_is_shown_as_soon_as_it_lands(runner: FakeRunner, running: Submission) -> None:
    details = {"axes": [{"name": "B", "size": 2}], "max_error": 0.5}
    landed = event_json(2, "check", check_json("shapes", "failed", message="Off by one.", details=details))
    assert runner.events(running.pk, event_json(1), landed).json() == {"accepted": 2}
    result = running.results.get()
    assert (result.cid, result.verdict, result.message, result.details) == ("shapes", "failed", "Off by one.", details)


def test_a_batch_told_twice_is_stored_once(runner: FakeRunner, running: Submission) -> None:
    batch = [event_json(1), event_json(2, "log", {"text": "hello"})]
    assert runner.events(running.pk, *batch).json() == {"accepted": 2}
    assert runner.events(running.pk, *batch, event_json(3)).json() == {"accepted": 1}
    assert list(running.events.values_list("seq", flat=True)) == [1, 2, 3]


def test_a_repeated_event_does_not_overwrite_a_result(runner: FakeRunner, running: Submission) -> None:
    runner.events(running.pk, event_json(1, "check", check_json("shapes", "passed")))
    runner.events(running.pk, event_json(1, "check", check_json("shapes", "failed")))
    assert running.results.get().verdict == "passed"


@hypothesis_settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(1, 12), max_size=6), max_size=5))
def test_however_batches_overlap_every_event_is_stored_once(batches: list[list[int]]) -> None:
    submission = make_submission(status="running", attempt=1)
    told = [[dispatch.Event.model_validate(event_json(seq)) for seq in batch] for batch in batches]
    accepted = sum(events.apply(submission.pk, 1, batch) for batch in told)
    wanted = {seq for batch in batches for seq in batch}
    assert accepted == len(wanted)
    assert set(submission.events.values_list("seq", flat=True)) == wanted


def test_every_new_batch_raises_the_revision_that_pages_watch(runner: FakeRunner, running: Submission) -> None:
    runner.events(running.pk, event_json(1))
    runner.events(running.pk, event_json(1))
    before, running_revision = running.revision, Submission.objects.get(pk=running.pk).revision
    assert running_revision == before + 1


def test_nul_bytes_and_half_surrogates_in_a_log_are_replaced_and_not_an_error(
    runner: FakeRunner, running: Submission
) -> None:
    body = json.dumps({"attempt": 1, "events": [event_json(1, "log", {"text": "a\0b\ud800c"})]})
    told = runner.client.post(f"/api/runner/v1/jobs/{running.pk}/events", body, content_type="application/json")
    assert told.status_code == 200
    assert running.events.get().data == {"text": "a␀b?c"}


BROKEN = {
    "unknown kind": [event_json(1, "surprise")],
    "no number": [{"kind": "log", "at": "2026-11-21T12:00:00Z"}],
    "number 0": [event_json(0)],
    "a check without a verdict": [event_json(1, "check", {"id": "shapes"})],
    "101 events": [event_json(seq) for seq in range(1, 102)],
}


@pytest.mark.parametrize("batch", BROKEN.values(), ids=BROKEN.keys())
def test_a_batch_that_breaks_the_protocol_is_refused_as_a_whole(
    runner: FakeRunner, running: Submission, batch: list[dict[str, object]]
) -> None:
    refused = runner.events(running.pk, *batch)
    assert refused.status_code == 400
    assert refused.json()["errors"]
    assert not running.events.exists()
