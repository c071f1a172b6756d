"""Numbers of a run on its page: the learner's apart from the runner's, there on a reload and after the end."""

from __future__ import annotations

import pytest
from django.test import Client

from labs.models import Submission
from labs.report import metrics
from residual.accounts.models import User
from tests.factories import event_json, make_submission, make_user, report_json
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db
TOLD = {"step": 40, "loss": 0.123456, "peak_mb": 61.5, "steps_per_s": 12.5}


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def submission(me: User, runner: FakeRunner) -> Submission:
    """A run that has told two lines of log and two metrics."""
    submission = make_submission(me)
    runner.claim()
    log = [event_json(seq, "log", {"text": f"<line {seq}>"}) for seq in (1, 2)]
    told = [event_json(3, "metric", {"step": 1}), event_json(4, "metric", TOLD)]
    assert runner.events(submission.pk, *log, *told).status_code == 200
    return submission


def page(client: Client, submission: Submission) -> str:
    return client.get(submission.get_absolute_url()).content.decode()


def test_who_says_a_number_is_written_beside_it() -> None:
    found = metrics(TOLD)
    assert [(fact.name, fact.value) for fact in found.reported] == [("step", "40"), ("loss", "0.1235")]
    assert found.measured == ("peak memory 61.5 MB", "12.5 steps/s by our clock")


def test_a_page_opened_meanwhile_shows_the_latest_numbers_and_what_was_printed(
    client: Client, submission: Submission
) -> None:
    html = page(client, submission)
    reported, measured = html.index("Reported by your code:"), html.index("Measured:")
    assert reported < html.index("loss 0.1235") < measured < html.index("12.5 steps/s by our clock")
    assert "step 1<" not in html
    assert "&lt;line 1&gt;\n&lt;line 2&gt;\n" in html


def test_after_the_end_the_log_is_the_verdicts_and_the_last_numbers_stay(
    client: Client, submission: Submission, runner: FakeRunner
) -> None:
    runner.verdict(submission.pk, report_json("failed", log="[values]\nall of it\n"))
    html = page(client, submission)
    assert "all of it" in html
    assert "&lt;line 1&gt;" not in html
    assert "loss 0.1235" in html


def test_an_earlier_attempt_is_not_shown_as_the_present_one(client: Client, submission: Submission) -> None:
    Submission.objects.filter(pk=submission.pk).update(attempt=2)
    html = page(client, submission)
    assert "loss" not in html
    assert "line 1" not in html
