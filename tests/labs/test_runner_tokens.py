"""A runner with a token of its own speaks for itself, for its own jobs, and only while the token is in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from labs import events, queue, runner_tokens
from labs.models import Event, RunnerToken, Submission
from labs.reconcile import requeue_expired
from tests.factories import event_json, make_submission, report_json
from tests.labs.fake_runner import TOKEN, Answer, FakeRunner

pytestmark = pytest.mark.django_db
type_call = Callable[[FakeRunner, UUID, int], Answer]
CALLS: dict[str, type_call] = {
    "heartbeat": lambda runner, job, attempt: runner.heartbeat(job, attempt),
    "events": lambda runner, job, attempt: runner.events(job, event_json(1), attempt=attempt),
    "verdict": lambda runner, job, attempt: runner.verdict(job, report_json(), attempt),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


def runner_with(token: str) -> FakeRunner:
    runner = FakeRunner()
    runner.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return runner


def leased_by(name: str) -> Submission:
    """A submission that the runner `name`, which has a token of its own, is judging."""
    submission = make_submission()
    assert runner_with(runner_tokens.issue(name)).claim(runner=name).status_code == 200
    return submission


def not_so_far(*_: object) -> None:
    pytest.fail("refused too late: by now the job may have gone to somebody else, with that very attempt")


def unharmed(submission: Submission) -> bool:
    submission.refresh_from_db()
    return (submission.status, submission.verdict) == ("running", "") and not Event.objects.exists()


@each_call
def test_a_runner_speaks_for_the_job_it_leased(call: type_call) -> None:
    submission, mine = make_submission(), runner_with(runner_tokens.issue("mine"))
    assert mine.claim(runner="mine").json()["id"] == str(submission.pk)
    assert call(mine, submission.pk, 1).status_code == 200


@each_call
def test_another_runners_token_sees_no_such_job(call: type_call) -> None:
    submission = leased_by("theirs")
    hostile = runner_with(runner_tokens.issue("hostile"))
    refused = call(hostile, submission.pk, 1)
    assert refused.status_code == 404
    assert unharmed(submission)


@each_call
def test_the_shared_token_does_not_speak_for_a_runner_with_its_own(call: type_call) -> None:
    submission = leased_by("theirs")
    assert call(runner_with(TOKEN), submission.pk, 1).status_code == 404
    assert unharmed(submission)


@each_call
def test_an_attempt_that_is_yet_to_come_can_not_be_spoken_for(call: type_call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a runner could wait for the moment in which its job goes to somebody else."""
    submission, mine = make_submission(), runner_with(runner_tokens.issue("mine"))
    mine.claim(runner="mine")
    for room, service in ((queue, "heartbeat"), (events, "apply"), (events, "record_verdict")):
        monkeypatch.setattr(room, service, not_so_far)
    refused = call(mine, submission.pk, 2)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:residual:stale-attempt")
    assert unharmed(submission)


@each_call
def test_a_job_that_went_to_another_runner_is_gone(call: type_call) -> None:
    submission, mine = make_submission(), runner_with(runner_tokens.issue("mine"))
    mine.claim(runner="mine")
    Submission.objects.update(lease_expires_at=datetime.now(UTC) - timedelta(seconds=1))
    requeue_expired()
    runner_with(runner_tokens.issue("other")).claim(runner="other")
    assert call(mine, submission.pk, 1).status_code == 404
    assert call(mine, submission.pk, 2).status_code == 404
    assert unharmed(submission)


def test_a_token_stands_for_one_name() -> None:
    make_submission()
    refused = runner_with(runner_tokens.issue("mine")).claim(runner="theirs")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:residual:not-your-name")
    assert "set RUNNER_NAME=mine" in refused.json()["detail"]
    assert Submission.objects.get().status == "queued"


def test_the_shared_token_can_not_take_a_name_that_has_its_own() -> None:
    make_submission()
    token = runner_tokens.issue("mine")
    assert runner_with(TOKEN).claim(runner="mine").status_code == 403
    assert runner_with(token).claim(runner="mine").status_code == 200


def test_a_token_that_was_taken_back_opens_nothing() -> None:
    token = runner_tokens.issue("mine")
    assert runner_with(token).claim(runner="mine").status_code == 204
    assert runner_tokens.revoke("mine") == 1
    assert runner_with(token).claim(runner="mine").status_code == 401


def test_an_older_token_can_be_taken_back_alone() -> None:
    older, newest = runner_tokens.issue("mine"), runner_tokens.issue("mine")
    other = runner_tokens.issue("other")
    assert runner_tokens.revoke("mine", keep_newest=True) == 1
    assert runner_tokens.speaker(older) is None
    assert [runner_tokens.speaker(t) for t in (newest, other)] == [
        runner_tokens.Speaker("mine"),
        runner_tokens.Speaker("other"),
    ]


def test_the_table_holds_no_token() -> None:
    tokens = [runner_tokens.issue("mine") for _ in range(2)]
    rows = str(list(RunnerToken.objects.values()))
    assert len(set(tokens)) == 2
    assert not [token for token in tokens if token in rows]
    assert all(len(token) >= 43 for token in tokens)  # 256 bits


@pytest.mark.parametrize("name", ["", "-x", "two words", "a" * 121, "a\n"])
def test_an_odd_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a runner"):
        runner_tokens.issue(name)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("runner_token", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_command_prints_the_token_alone_and_once() -> None:
    token = said("gpu-1")
    assert runner_tokens.speaker(token) == runner_tokens.Speaker("gpu-1")
    assert token not in said()
    assert "gpu-1" in said()


def test_the_command_takes_back() -> None:
    token = said("gpu-1")
    assert said("gpu-1", "--revoke") == "Taken back: 1 token of gpu-1."
    assert runner_tokens.speaker(token) is None
    assert "taken back" in said()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("a b",), "no name for a runner"), (("gpu-9", "--revoke"), "no such token"), (("--revoke",), "Name the runner")],
)
def test_the_command_says_what_it_can_not_do(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        said(*arguments)
