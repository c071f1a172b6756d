"""A verdict is recorded once; ours to repeat is only what was our fault."""

from __future__ import annotations

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from labs.models import Submission
from residual.progress.models import Completion
from tests.factories import check_json, make_lab, make_submission, report_json
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db
PASSED = [check_json("shapes"), check_json("values")]


def claimed(runner: FakeRunner) -> Submission:
    submission = make_submission(lab=make_lab())
    assert runner.claim().status_code == 200
    return submission


def test_the_report_is_kept_whole(runner: FakeRunner) -> None:
    submission = claimed(runner)
    report = report_json("failed", check_json("shapes", "failed"), log="hello\n", level="namespaces", message="Look.")
    assert runner.verdict(submission.pk, report).json() == {"status": "done", "verdict": "failed"}
    submission.refresh_from_db()
    assert (submission.status, submission.verdict, submission.level) == ("done", "failed", "namespaces")
    assert (submission.log, submission.message, submission.usage["wall_s"]) == ("hello\n", "Look.", 0.2)
    assert (submission.lease_expires_at, submission.finished_at is None) == (None, False)
    assert submission.results.get().verdict == "failed"


def test_a_verdict_told_twice_is_recorded_once(runner: FakeRunner) -> None:
    submission = claimed(runner)
    assert runner.verdict(submission.pk, report_json("passed", *PASSED)).status_code == 200
    first = Submission.objects.get(pk=submission.pk)
    assert runner.verdict(submission.pk, report_json("failed")).json() == {"status": "done", "verdict": "passed"}
    assert Submission.objects.get(pk=submission.pk).finished_at == first.finished_at
    assert Completion.objects.count() == 1


@pytest.mark.parametrize("verdict", ["failed", "error", "timeout", "memory", "limit", "crash", "no_result"])
def test_a_verdict_that_the_learner_caused_is_never_tried_again(runner: FakeRunner, verdict: str) -> None:
    submission = claimed(runner)
    runner.verdict(submission.pk, report_json(verdict))
    submission.refresh_from_db()
    assert (submission.status, submission.verdict, submission.infra_failures) == ("done", verdict, 0)
    assert runner.claim().status_code == 204


def test_our_own_failure_goes_back_to_the_queue_and_rings(
    runner: FakeRunner, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    submission = claimed(runner)
    with django_capture_on_commit_callbacks(execute=True):
        told = runner.verdict(submission.pk, report_json("infra_error", message="the checker crashed"))
    assert told.json() == {"status": "queued", "verdict": ""}
    assert rung == [str(submission.pk)]
    assert runner.claim().json()["attempt"] == 2


def test_the_third_failure_of_ours_ends_as_infra_error_with_its_reason(runner: FakeRunner) -> None:
    submission = claimed(runner)
    for attempt in (1, 2, 3):
        report = report_json("infra_error", message="the checker crashed")
        assert runner.verdict(submission.pk, report, attempt).status_code == 200
        Submission.objects.update(retry_at=None)
        runner.claim()
    submission.refresh_from_db()
    assert (submission.status, submission.verdict) == ("done", "infra_error")
    assert submission.message == "the checker crashed"
    assert not Completion.objects.exists()


def test_a_report_with_an_unknown_verdict_is_refused(runner: FakeRunner) -> None:
    submission = claimed(runner)
    assert runner.verdict(submission.pk, report_json("brilliant")).status_code == 400
    submission.refresh_from_db()
    assert submission.status == "running"
