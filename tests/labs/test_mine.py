"""Which parts of earlier labs a submission uses: noted when it is sent, the learner's own or public to them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.test import Client

from labs import mine, services
from labs.models import Lab, Submission
from residual.accounts.models import User
from tests.factories import SOURCE, make_judge, make_lab, make_submission, make_user
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db
SOLUTION = "def attention(q, k, v):\n    return 'the reference'\n"


@pytest.fixture
def earlier() -> Lab:
    judge = make_judge({"solution.py": SOLUTION.encode()})
    return make_lab("heads", filename="heads.py", exports=["Heads"], solution=SOLUTION, judge=judge)


@pytest.fixture
def later(earlier: Lab) -> Lab:
    return make_lab("block", filename="block.py", mine=[earlier.pk])


def passed(user: User, lab: Lab, source: str) -> Submission:
    return make_submission(user, lab, source=source, status="done", verdict="passed")


def claimed(runner: FakeRunner) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = runner.claim().json()["mine"]
    return parts


def test_the_latest_own_pass_goes_with_the_job(runner: FakeRunner, earlier: Lab, later: Lab) -> None:
    user = make_user()
    passed(user, earlier, "OLD = 1\n")
    newest = passed(user, earlier, "NEW = 1\n")
    make_submission(user, earlier, source="FAILED = 1\n", status="done", verdict="failed")
    make_submission(user, earlier, source="PARTLY = 1\n", status="done", verdict="passed", checks=["values"])

    sent = services.submit(user, later, SOURCE)

    assert sent.mine[0]["submission"] == str(newest.pk)
    (part,) = claimed(runner)
    assert (part["source"], part["origin"], part["exports"]) == ("NEW = 1\n", "own", ["Heads"])


def test_judging_again_uses_what_was_noted(runner: FakeRunner, earlier: Lab, later: Lab) -> None:
    user = make_user()
    passed(user, earlier, "OLD = 1\n")
    services.submit(user, later, SOURCE)
    passed(user, earlier, "NEW = 1\n")

    assert claimed(runner)[0]["source"] == "OLD = 1\n"


def test_after_opening_the_solution_the_reference_stands_in(runner: FakeRunner, earlier: Lab, later: Lab) -> None:
    user = make_user()
    services.give_up(user, earlier)

    sent = services.submit(user, later, SOURCE)

    (part,) = claimed(runner)
    assert (part["source"], part["origin"]) == (SOLUTION, "reference")
    assert sent.mine[0]["judge"] == earlier.judge_id
    assert mine.words(sent) == ["Heads from mine: the reference's, for you opened the solution of Heads"]


def test_a_closed_solution_is_never_given(runner: FakeRunner, earlier: Lab, later: Lab) -> None:
    somebody = make_user()
    passed(somebody, earlier, "SECRET = 'of somebody else'\n")
    services.give_up(somebody, earlier)

    services.submit(make_user(), later, SOURCE)

    (part,) = claimed(runner)
    assert part["source"] == ""
    assert "Pass Heads, or open its solution there" in part["missing"]


def test_a_note_cannot_name_somebody_elses_submission(earlier: Lab, later: Lab) -> None:
    theirs = passed(make_user(), earlier, "SECRET = 1\n")
    note = {"lab": earlier.pk, "origin": "own", "submission": str(theirs.pk), "sha256": "0"}
    forged = make_submission(make_user(), later, mine=[note])

    with pytest.raises(Submission.DoesNotExist):
        mine.parts(forged)


def test_what_a_part_used_comes_along(runner: FakeRunner, earlier: Lab, later: Lab) -> None:
    user = make_user()
    passed(user, earlier, "HEADS = 1\n")
    block = services.submit(user, later, SOURCE)
    Submission.objects.filter(pk=block.pk).update(status="done", verdict="passed")
    services.submit(user, make_lab("gpt", filename="gpt.py", mine=[later.pk]), SOURCE)

    assert [part["lab"] for part in claimed(runner)] == ["block", "heads"]


def test_a_lab_without_parts_sends_none(runner: FakeRunner) -> None:
    services.submit(make_user(), make_lab(), SOURCE)
    assert claimed(runner) == []


def test_the_pages_say_whose_part_it_is(client: Client, earlier: Lab, later: Lab) -> None:
    user = make_user()
    client.force_login(user)
    assert "not there yet. Pass Heads" in client.get(later.get_absolute_url()).content.decode()
    passed(user, earlier, "HEADS = 1\n")
    sent = services.submit(user, later, SOURCE)

    for page in (later, sent):
        assert "Heads from mine: yours, from Heads" in client.get(page.get_absolute_url()).content.decode()


def test_a_solution_comes_from_the_bundle_that_was_noted(earlier: Lab, later: Lab) -> None:
    user = make_user()
    services.give_up(user, earlier)
    sent = services.submit(user, later, SOURCE)
    Lab.objects.filter(pk=earlier.pk).update(judge=make_judge({"solution.py": b"NEWER = 1\n"}))

    assert mine.parts(sent)[0]["source"] == SOLUTION
    assert base64.b64decode(earlier.judge.files["solution.py"]).decode() == SOLUTION
