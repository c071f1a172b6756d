"""A learner can stop what waits or runs; what is over stays as it is."""

from __future__ import annotations

import pytest

from labs import services
from tests.factories import make_submission
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db


def test_a_waiting_submission_is_cancelled_and_never_claimed(runner: FakeRunner) -> None:
    submission = make_submission()
    assert services.cancel(submission)
    submission.refresh_from_db()
    assert submission.status == "cancelled"
    assert submission.finished_at is not None
    assert runner.claim().status_code == 204


def test_a_runner_hears_of_a_cancelled_job_by_heartbeat_and_can_tell_nothing_more(runner: FakeRunner) -> None:
    submission = make_submission()
    runner.claim()
    assert runner.heartbeat(submission.pk).json() == {"cancel": False}
    services.cancel(submission)
    assert runner.heartbeat(submission.pk).json() == {"cancel": True}
    assert runner.events(submission.pk).status_code == 409
    assert runner.verdict(submission.pk, {"verdict": "passed"}).status_code == 409


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_what_is_over_can_not_be_cancelled(status: str) -> None:
    submission = make_submission(status=status, verdict="failed")
    assert not services.cancel(submission)
    submission.refresh_from_db()
    assert submission.status == status
