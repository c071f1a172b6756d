"""A runner that lost its lease can't change what the next one does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from labs.models import Event, Submission
from labs.reconcile import requeue_expired
from tests.factories import event_json, make_submission, report_json
from tests.labs.fake_runner import Answer, FakeRunner

pytestmark = pytest.mark.django_db

type_call = Callable[[FakeRunner, UUID, int], Answer]
CALLS: dict[str, type_call] = {
    "heartbeat": lambda runner, job, attempt: runner.heartbeat(job, attempt),
    "events": lambda runner, job, attempt: runner.events(job, event_json(1), attempt=attempt),
    "hand back": lambda runner, job, attempt: runner.hand_back(job, attempt),
    "verdict": lambda runner, job, attempt: runner.verdict(job, report_json(), attempt),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


def second_attempt(runner: FakeRunner) -> Submission:
    """A submission whose first runner vanished and whose second works on it."""
    submission = make_submission()
    runner.claim()
    Submission.objects.update(lease_expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert requeue_expired() == 1
    assert runner.claim().json()["attempt"] == 2
    return submission


@each_call
def test_a_stale_attempt_is_refused(runner: FakeRunner, call: type_call) -> None:
    submission = second_attempt(runner)
    refused = call(runner, submission.pk, 1)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:residual:stale-attempt"
    assert "its attempt is 2" in refused.json()["detail"]
    submission.refresh_from_db()
    assert (submission.status, submission.verdict) == ("running", "")
    assert not Event.objects.exists()


@each_call
def test_the_running_attempt_is_heard(runner: FakeRunner, call: type_call) -> None:
    submission = second_attempt(runner)
    assert call(runner, submission.pk, 2).status_code == 200


@each_call
def test_an_attempt_that_was_never_claimed_is_refused(runner: FakeRunner, call: type_call) -> None:
    submission = make_submission()
    assert call(runner, submission.pk, 1).status_code == 409


@each_call
def test_an_unknown_job_is_a_404(runner: FakeRunner, call: type_call) -> None:
    assert call(runner, uuid4(), 1).status_code == 404


def test_a_heartbeat_renews_the_lease(runner: FakeRunner) -> None:
    submission = make_submission()
    runner.claim()
    soon = datetime.now(UTC) + timedelta(seconds=1)
    Submission.objects.update(lease_expires_at=soon)
    assert runner.heartbeat(submission.pk).status_code == 200
    submission.refresh_from_db()
    assert submission.lease_expires_at is not None
    assert submission.lease_expires_at > soon


def test_findings_of_an_earlier_attempt_make_room_for_the_next(runner: FakeRunner) -> None:
    submission = make_submission()
    runner.claim()
    check = {"id": "shapes", "title": "Shapes", "evidence": "computed", "verdict": "failed"}
    runner.events(submission.pk, event_json(1, "check", check))
    Submission.objects.update(lease_expires_at=datetime.now(UTC) - timedelta(seconds=1))
    requeue_expired()
    runner.claim()
    assert not submission.results.exists()
    assert submission.events.count() == 1
