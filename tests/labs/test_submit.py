"""Submitting writes a row and, on commit, rings the doorbell."""

from __future__ import annotations

import pytest
import structlog
from pytest_django import DjangoCaptureOnCommitCallbacks

from labs import services
from labs.models import Draft, Submission
from tests.factories import SOURCE, make_lab, make_submission, make_user
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db


def test_a_submission_waits_with_all_that_will_judge_it() -> None:
    user, lab = make_user(), make_lab()
    submission = services.submit(user, lab, SOURCE)
    submission.refresh_from_db()
    assert (submission.status, submission.attempt, submission.verdict) == ("queued", 0, "")
    assert (submission.source, submission.filename, submission.lane) == (SOURCE, "attention.py", "check")
    assert (submission.judge_id, submission.limits) == (lab.judge_id, lab.limits)


def test_the_doorbell_rings_only_when_the_row_is_committed(
    rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        submission = services.submit(make_user(), make_lab(), SOURCE)
        assert rung == []
    assert rung == [str(submission.pk)]


def test_what_was_submitted_becomes_the_draft() -> None:
    user, lab = make_user(), make_lab()
    services.submit(user, lab, SOURCE)
    draft = Draft.objects.get(user=user, lab=lab)
    assert (draft.source, draft.problem) == (SOURCE, "")


def test_windows_line_ends_become_unix_ones() -> None:
    submission = services.submit(make_user(), make_lab(), SOURCE.replace("\n", "\r\n"))
    assert submission.source == SOURCE


def test_the_id_of_the_request_travels_with_the_job() -> None:
    with structlog.contextvars.bound_contextvars(request_id="req-42"):
        submission = services.submit(make_user(), make_lab(), SOURCE)
    assert submission.request_id == "req-42"


def test_log_lines_about_a_job_carry_the_id_of_the_request_that_made_it(runner: FakeRunner) -> None:
    make_submission(request_id="req-42")
    with structlog.testing.capture_logs() as lines:
        runner.judge(shapes="passed")
    told = {line["event"]: line["request_id"] for line in lines if line["event"].startswith(("submission", "verdict"))}
    assert told == {"submission_claimed": "req-42", "verdict_recorded": "req-42"}


def test_a_submission_may_ask_for_some_checks_only() -> None:
    submission = services.submit(make_user(), make_lab(), SOURCE, checks=["values"])
    assert submission.checks == ["values"]


@pytest.mark.parametrize("checks", [["values", "speed"], []])
def test_checks_that_the_lab_does_not_have_are_refused_by_name(checks: list[str]) -> None:
    with pytest.raises(services.UnknownCheckError, match=r"Its checks are shapes, values"):
        services.submit(make_user(), make_lab(), SOURCE, checks=checks)
    assert not Submission.objects.exists()


def test_the_same_key_gives_the_same_submission() -> None:
    user, lab = make_user(), make_lab()
    first = services.submit(user, lab, SOURCE, idempotency_key="k1")
    assert services.submit(user, lab, SOURCE, idempotency_key="k1") == first
    assert services.submit(user, lab, SOURCE, idempotency_key="k2") != first
    assert Submission.objects.count() == 2


def test_a_key_can_not_be_used_for_something_else() -> None:
    user, lab = make_user(), make_lab()
    services.submit(user, lab, SOURCE, idempotency_key="k1")
    with pytest.raises(services.KeyReusedError):
        services.submit(user, lab, SOURCE + "# more\n", idempotency_key="k1")


def test_two_learners_may_use_the_same_key() -> None:
    lab = make_lab()
    first = services.submit(make_user(), lab, SOURCE, idempotency_key="k1")
    assert services.submit(make_user(), lab, SOURCE, idempotency_key="k1") != first


def test_two_requests_with_one_key_at_the_same_moment_make_one_submission(monkeypatch: pytest.MonkeyPatch) -> None:
    user, lab = make_user(), make_lab()
    other = services.submit(user, lab, SOURCE, idempotency_key="k1")
    found = iter([None, other])  # the first look comes before the other request's row is there
    monkeypatch.setattr(services, "_earlier", lambda *_: next(found))
    assert services.submit(user, lab, SOURCE, idempotency_key="k1") == other
    assert Submission.objects.count() == 1


def test_submissions_without_a_key_do_not_collide() -> None:
    user, lab = make_user(), make_lab()
    assert make_submission(user, lab) != make_submission(user, lab)
