"""Nothing is lost: vanished runners and unheard doorbells are made good, without storms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks
from time_machine import travel

from labs import queue, reconcile
from labs.models import Submission
from labs.tasks import reconcile as reconcile_task
from tests.factories import make_submission
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db
PAST = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_expired_lease_goes_back_to_the_queue_and_rings(
    runner: FakeRunner, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    submission = make_submission()
    runner.claim()
    Submission.objects.update(lease_expires_at=PAST)
    with django_capture_on_commit_callbacks(execute=True):
        assert reconcile.reconcile() == (1, 0)
    submission.refresh_from_db()
    assert (submission.status, submission.infra_failures, rung) == ("queued", 1, [str(submission.pk)])


def test_a_job_that_is_handed_back_is_queued_at_once_and_nobody_failed(
    runner: FakeRunner, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    submission = make_submission()
    for attempt in range(1, 6):  # more often than failures are forgiven
        assert runner.claim().json()["attempt"] == attempt
        with django_capture_on_commit_callbacks(execute=True):
            assert runner.hand_back(submission.pk, attempt).json() == {"status": "queued"}
    submission.refresh_from_db()
    assert (submission.status, submission.infra_failures, submission.retry_at) == ("queued", 0, None)
    assert rung == [str(submission.pk)] * 5


def test_a_job_that_its_learner_cancelled_is_not_queued_by_handing_it_back(runner: FakeRunner) -> None:
    submission = make_submission()
    runner.claim()
    Submission.objects.update(status=Submission.Status.CANCELLED)
    assert runner.hand_back(submission.pk).status_code == 409
    submission.refresh_from_db()
    assert submission.status == "cancelled"


def test_a_lease_that_holds_is_left_alone(runner: FakeRunner) -> None:
    make_submission()
    runner.claim()
    assert reconcile.requeue_expired() == 0


def test_the_third_vanished_runner_ends_as_infra_error(runner: FakeRunner) -> None:
    submission = make_submission()
    for _ in range(3):
        Submission.objects.update(retry_at=None)
        runner.claim()
        Submission.objects.update(lease_expires_at=PAST)
        reconcile.requeue_expired()
    submission.refresh_from_db()
    assert (submission.status, submission.verdict) == ("done", "infra_error")
    assert submission.message == "the runner stopped answering"


def test_the_last_try_waits_so_that_a_short_trouble_of_ours_condemns_nobody(
    runner: FakeRunner, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    submission = make_submission()
    for _ in range(2):
        assert runner.claim().status_code == 200
        Submission.objects.update(lease_expires_at=PAST)
        with django_capture_on_commit_callbacks(execute=True):
            reconcile.requeue_expired()
    assert runner.claim().status_code == 204
    with travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        assert reconcile.reconcile() == (0, 1)
        assert runner.claim().json()["attempt"] == 3
    assert rung == [str(submission.pk)] * 2  # after the first failure, and when the pause was over


def test_a_lease_renewed_between_looking_and_locking_is_left_alone(
    runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = make_submission()
    runner.claim()
    Submission.objects.update(lease_expires_at=PAST)
    requeue = reconcile._requeue
    monkeypatch.setattr(reconcile, "_requeue", lambda pk: (queue.heartbeat(pk, 1), requeue(pk))[1])
    assert reconcile.requeue_expired() == 0
    submission.refresh_from_db()
    assert submission.status == "running"


def test_an_unheard_doorbell_is_rung_again_but_not_at_every_tick(runner: FakeRunner, rung: list[str]) -> None:
    runner.claim()
    submission = make_submission()
    assert reconcile.ring_again() == 0
    with travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        assert [reconcile.ring_again(), reconcile.ring_again()] == [1, 0]
    with travel(datetime.now(UTC) + timedelta(seconds=22), tick=False):
        assert reconcile.ring_again() == 1
    assert rung == [str(submission.pk)] * 2


def test_bells_do_not_pile_up_while_no_runner_is_there(runner: FakeRunner, rung: list[str]) -> None:
    runner.claim()
    submission = make_submission()
    with travel(datetime.now(UTC) + timedelta(minutes=5), tick=False):
        assert reconcile.ring_again() == 0
        runner.claim()
        Submission.objects.update(status="queued")
        assert reconcile.ring_again() == 1
    assert rung == [str(submission.pk)]


def test_a_tick_rings_for_a_bounded_number_oldest_first(
    runner: FakeRunner, rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.claim()
    monkeypatch.setattr(reconcile, "BATCH", 2)
    waiting = [make_submission(rung_at=PAST, created_at=PAST + timedelta(minutes=at)) for at in (2, 0, 1)]
    assert reconcile.ring_again() == 2
    assert rung == [str(waiting[1].pk), str(waiting[2].pk)]


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_what_is_over_is_neither_rung_nor_queued_again(rung: list[str], status: str) -> None:
    make_submission(status=status, rung_at=PAST, lease_expires_at=PAST)
    assert reconcile.reconcile() == (0, 0)
    assert rung == []


def test_the_sites_worker_runs_the_reconciler(runner: FakeRunner, rung: list[str]) -> None:
    runner.claim()
    submission = make_submission(rung_at=PAST)
    reconcile_task()
    assert rung == [str(submission.pk)]
