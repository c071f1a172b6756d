"""Running one check or all of them from the bench, with a script and without."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labs import credit, services
from labs.models import Draft, JudgeBundle, Lab, Submission
from labs.views.bench_run import last_run
from residual.accounts.models import User
from residual.progress.models import Completion
from tests.factories import SOURCE, make_lab, make_result, make_submission, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("me", "lab")]
HX = {"HX-Request": "true"}


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def lab() -> Lab:
    return make_lab("sdpa")


def page(client: Client) -> str:
    return client.get("/labs/sdpa/").content.decode()


def test_each_check_has_a_button_that_belongs_to_the_form(client: Client) -> None:
    html = page(client)
    for check in ("shapes", "values"):
        assert f'form="bench" name="check" value="{check}"' in html


def test_one_check_is_run_alone_and_marked_so(client: Client, me: User) -> None:
    answer = client.post("/labs/sdpa/submit", {"source": SOURCE, "check": "shapes"})
    submission = Submission.objects.get(user=me)
    assert submission.checks == ["shapes"]
    assert answer["Location"] == submission.get_absolute_url()
    assert "1 check only" in page(client)


def test_the_big_button_runs_all(client: Client) -> None:
    client.post("/labs/sdpa/submit", {"source": SOURCE})
    assert Submission.objects.get().checks is None


def test_all_checks_one_by_one_pass_no_lab(me: User, lab: Lab) -> None:
    for check in ("shapes", "values"):
        submission = make_submission(me, lab, checks=[check], status="done", verdict="passed")
        make_result(submission, check)
        credit.give(submission)
    assert Completion.objects.get(user=me, ref=lab.pk).completed_at is None


def test_a_check_that_the_lab_no_longer_has_is_refused_in_words(client: Client) -> None:
    answer = client.post("/labs/sdpa/submit", {"source": SOURCE, "check": "gone"}, follow=True)
    assert "has no check gone" in answer.content.decode()
    assert not Submission.objects.exists()


def test_a_script_gets_the_checks_that_wait_and_the_stream_that_tells_of_them(client: Client) -> None:
    answer = client.post("/labs/sdpa/submit", {"source": SOURCE, "check": "shapes"}, headers=HX)
    html = answer.content.decode()
    assert "<html" not in html
    assert f"/labs/submissions/{Submission.objects.get().pk}/events?after=0" in html
    assert html.count('sse-swap="check-') == 1
    assert answer["X-Draft-Revision"] == str(Draft.objects.get().revision)


def test_a_script_gets_what_is_wrong_and_the_line_to_go_to(client: Client) -> None:
    answer = client.post("/labs/sdpa/submit", {"source": "x = 1\ndef attention(:\n"}, headers=HX)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "does not compile" in html
    assert 'href="#line-2"' in html
    assert "<html" not in html


def test_after_a_reload_the_bench_shows_the_last_run(client: Client, me: User, lab: Lab) -> None:
    done = make_submission(me, lab, status="done", verdict="failed")
    make_result(done, "shapes")
    make_result(done, "values", "failed", message="They differ.")
    html = page(client)
    assert "1 of 2 passed" in html
    assert "They differ." in html
    assert done.get_absolute_url() in html
    assert "sse-connect" not in html


def test_what_still_runs_goes_on_being_told_after_a_reload(client: Client, me: User, lab: Lab) -> None:
    running = make_submission(me, lab, status="running")
    html = page(client)
    assert f"/labs/submissions/{running.pk}/events" in html
    assert "Being checked" in html
    assert f"/labs/submissions/{running.pk}/cancel" in html


def test_cancelling_by_script_leaves_one_on_the_bench(client: Client, me: User, lab: Lab) -> None:
    submission = services.submit(me, lab, SOURCE)
    answer = client.post(f"/labs/submissions/{submission.pk}/cancel", follow=True, headers=HX)
    html = answer.content.decode()
    assert "Cancelled" in html
    assert "<html" not in html


def test_the_part_with_the_checks_can_be_had_alone(client: Client, me: User, lab: Lab) -> None:
    make_submission(me, lab, status="done", verdict="passed")
    html = client.get("/labs/sdpa/checks").content.decode()
    assert html.lstrip().startswith('<div class="stack" id="panel"')
    assert "Every check passes." in html


def test_others_runs_are_not_shown(client: Client, lab: Lab) -> None:
    other = make_submission(lab=lab, status="done", verdict="failed")
    assert str(other.pk) not in page(client)


def test_the_limits_stand_with_the_checks(client: Client) -> None:
    assert "512 MB memory" in page(client)


def test_running_one_check_leaves_what_the_others_found_on_the_bench(client: Client, me: User, lab: Lab) -> None:
    whole = make_submission(me, lab, status="done", verdict="failed")
    make_result(whole, "shapes")
    make_result(whole, "values", verdict="failed", message="The values differ.")
    one = make_submission(me, lab, checks=["shapes"], status="done", verdict="passed")
    make_result(one, "shapes")

    html = page(client)

    assert "The values differ." in html
    assert html.count("not run again since") == 1
    assert f'<a href="{whole.get_absolute_url()}">an earlier submission</a>' in html
    assert "1 of 1 passed" in html


def test_what_an_older_judge_found_is_not_shown_as_a_result_of_this_lab(client: Client, me: User, lab: Lab) -> None:
    whole = make_submission(me, lab, status="done", verdict="failed")
    make_result(whole, "values", verdict="failed", message="The values differ.")
    Submission.objects.filter(pk=whole.pk).update(judge=JudgeBundle.objects.create(digest="0" * 64, files={}))
    make_submission(me, lab, checks=["shapes"], status="done", verdict="passed")

    assert "The values differ." not in page(client)


def test_old_results_are_read_only_where_the_last_run_left_a_check_out(me: User, lab: Lab) -> None:
    """A result may hold pictures: the bench of somebody with twenty runs of all checks reads one run."""
    for _ in range(5):
        whole = make_submission(me, lab, status="done", verdict="failed")
        for check in ("shapes", "values"):
            make_result(whole, check)
    with CaptureQueriesContext(connection) as after_a_whole_run:
        last_run(me, lab)
    make_result(make_submission(me, lab, checks=["shapes"], status="done", verdict="passed"), "shapes")
    with CaptureQueriesContext(connection) as after_one_check:
        last_run(me, lab)
    assert len(after_one_check) == len(after_a_whole_run) + 2
