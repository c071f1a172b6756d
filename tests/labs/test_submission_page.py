"""The submission page says what each check found, in words that help, and escapes what learners wrote."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from labs.models import Runner, Submission
from residual.accounts.models import User
from tests.factories import make_judge, make_lab, make_result, make_submission, make_user

pytestmark = pytest.mark.django_db
DETAILS = {
    "axes": [{"name": "B", "size": 2}, {"name": "T", "size": 5}],
    "first_bad_index": [0, 3],
    "expected": 0.25,
    "got": 0.75,
    "max_error": 0.5,
    "tolerance": 1e-6,
    "misconception": {"id": "unscaled", "text": "attention without 1/√d", "distance": 2e-7},
    "traceback": [{"line": 3, "function": "attention", "text": "return <q> @ k"}],
    "inputs": {"seed": 7, "tensors": [[{"name": "B", "size": 2}, {"name": "T", "size": 5}]]},
}


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def page(client: Client, submission: Submission, tail: str = "") -> str:
    answer = client.get(f"{submission.get_absolute_url()}{tail}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def _a_runner_is_there() -> None:
    Runner.objects.create(name="host", level="full", lanes=["check"], seen_at=timezone.now())


def test_without_a_runner_the_page_says_that_the_submission_waits_and_is_kept(client: Client, me: User) -> None:
    assert "No runner answers at the moment." in page(client, make_submission(me))


@pytest.mark.usefixtures("_a_runner_is_there")
def test_a_waiting_submission_shows_its_place_its_checks_and_a_way_out(client: Client, me: User) -> None:
    submission = make_submission(me)
    html = page(client, submission)
    assert "You are next." in html
    assert "The values are right" in html
    assert "waiting" in html
    assert f'action="/labs/submissions/{submission.pk}/cancel"' in html


@pytest.mark.usefixtures("_a_runner_is_there")
def test_a_place_further_back_is_a_number(client: Client, me: User) -> None:
    make_submission(created_at="2026-11-01T00:00:00Z")
    assert "Number 2 in the queue." in page(client, make_submission(me))


def test_a_failed_check_explains_itself(client: Client, me: User) -> None:
    submission = make_submission(me, status="done", verdict="failed")
    make_result(submission, "values", "failed", message="The values differ.", details=DETAILS)
    html = page(client, submission)
    for words in (
        "The values differ.",
        "B = 2 · T = 5",
        "B = 0, T = 3",
        "0.25",
        "0.75",
        "0.5 (allowed 1e-06)",
        "Your answer equals attention without 1/√d to 2e-07.",
        '<a href="#line-3">line 3</a> in attention',
        "return &lt;q&gt; @ k",
        "(B 2, T 5)",
        "<dd>7</dd>",
        "compared outside your process",
        "0 of 2 passed",
    ):
        assert words in html, words


def test_a_traceback_leads_to_the_line_that_ran_and_to_the_editor(client: Client, me: User) -> None:
    submission = make_submission(me, status="done", verdict="error", source="\n\nreturn q\n")
    make_result(submission, "values", "error", details=DETAILS)
    html = page(client, submission)
    assert '<span id="line-3" class="line marked"><span class="visually-hidden">Here: </span>' in html
    assert f'href="{submission.lab.get_absolute_url()}#line-3"' in html
    assert '<details class="disclosure" id="sent" open>' in html


def test_a_rule_on_the_source_leads_to_its_line(client: Client, me: User) -> None:
    submission = make_submission(me, status="done", verdict="failed")
    make_result(submission, "values", "failed", message="Line 2 uses `sdpa`.", details={"line": 2})
    assert '<a href="#line-2">line 2</a>' in page(client, submission)


def test_the_source_stays_closed_while_nothing_points_at_it(client: Client, me: User) -> None:
    html = page(client, make_submission(me, status="done", verdict="passed"))
    assert '<details class="disclosure" id="sent">' in html
    assert 'class="line marked"' not in html


def test_the_last_panel_brings_the_marked_source_along(client: Client, me: User) -> None:
    submission = make_submission(me, status="done", verdict="error")
    make_result(submission, "values", "error", details=DETAILS)
    assert 'id="sent" open hx-swap-oob="true"' in page(client, submission, "panel")
    assert "hx-swap-oob" not in page(client, submission)


def test_a_failed_check_can_be_repeated_at_home(client: Client, me: User) -> None:
    lab = make_lab("mha", judge=make_judge({"checks.py": b"secret", "probe.py": b"def forward(): ..."}))
    submission = make_submission(me, lab, status="done", verdict="failed")
    snippet = 'import torch\n\nimport attention\nimport probe  # the lab\'s own\nout = probe.f("<b>")\n'
    make_result(submission, "values", "failed", details={"snippet": snippet})
    html = page(client, submission)
    assert "residual lab test mha attention.py --check values" in html
    assert "probe.f(&quot;&lt;b&gt;&quot;)" in html
    assert 'href="/labs/mha/probe.py"' in html


@pytest.mark.usefixtures("me")
def test_the_probe_is_public_and_nothing_else_of_the_judging_is(client: Client) -> None:
    make_lab("mha", judge=make_judge({"checks.py": b"secret", "probe.py": b"def forward(): ..."}))
    make_lab("plain")
    answer = client.get("/labs/mha/probe.py")
    assert answer.content == b"def forward(): ..."
    assert answer["Content-Disposition"] == 'attachment; filename="probe.py"'
    assert [client.get(f"/labs/{path}").status_code for path in ("plain/probe.py", "mha/checks.py")] == [404, 404]


@pytest.mark.parametrize("snippet", [7, ["x"], "x" * 9000, None], ids=["number", "list", "endless", "none"])
def test_a_snippet_that_is_none_is_left_out(client: Client, me: User, snippet: object) -> None:
    submission = make_submission(me, status="done", verdict="failed")
    make_result(submission, "values", "failed", details={"snippet": snippet})
    html = page(client, submission)
    assert "--check values" in html
    assert "Its last call" not in html


def test_a_misconception_that_the_message_names_is_not_said_twice(client: Client, me: User) -> None:
    submission = make_submission(me, status="done", verdict="failed")
    message = "Your answer equals attention without 1/√d to 2e-07."
    make_result(submission, "values", "failed", message=message, details=DETAILS)
    assert page(client, submission).count("attention without 1/√d") == 1


def test_what_was_used_stands_beside_what_was_allowed(client: Client, me: User) -> None:
    lab = make_lab(limits={"wall_s": 5.0, "cpu_s": 5.0, "memory_mb": 512})
    submission = make_submission(me, lab, status="done", verdict="passed", usage={"wall_s": 1.234567})
    make_result(submission, "values", usage={"wall_s": 0.04, "cpu_s": 0.03, "peak_mb": 61.5})
    html = page(client, submission)
    assert "time 0.04 of 5 s" in html
    assert "memory 61.5 of 512 MB" in html
    assert "time 1.235 s" in html


def test_whatever_the_learner_wrote_is_escaped(client: Client, me: User) -> None:
    evil = "<img src=x onerror=alert(1)>"
    submission = make_submission(
        me, source=evil, status="done", verdict="failed", log=evil, message=evil, filename="attention.py"
    )
    details = {
        "expected": evil,
        "axes": [{"name": evil, "size": evil}],
        "inputs": {"seed": evil, "tensors": [[{"name": evil}]]},
    }
    make_result(submission, "values", "failed", title=evil, message=evil, details=details)
    assert "<img" not in page(client, submission)


ODD_DETAILS = [
    {"axes": "B T", "first_bad_index": 3, "traceback": {"line": 1}, "misconception": "unscaled"},
    {"axes": [1, None], "first_bad_index": [0], "traceback": ["x"], "misconception": {}},
    {"axes": [{}], "first_bad_index": [None], "max_error": None, "tolerance": [], "inputs": [[]]},
    {"inputs": {"tensors": 3}},
    {"line": "3", "traceback": [{"line": -1}, {"line": 10**30, "text": []}]},
    {"inputs": {"tensors": [3, [None], [{}]], "seed": None}},
    ["not", "an object"],
]


@pytest.mark.parametrize("details", ODD_DETAILS)
def test_details_of_any_shape_do_not_break_the_page(client: Client, me: User, details: object) -> None:
    submission = make_submission(me, status="done", verdict="failed")
    make_result(submission, "values", "failed", details=details)
    assert "failed" in page(client, submission)


def test_results_of_checks_that_left_the_lab_are_still_shown(client: Client, me: User) -> None:
    submission = make_submission(me, status="done", verdict="failed")
    make_result(submission, "ancient", "failed", title="An ancient check")
    assert "An ancient check" in page(client, submission)


def test_only_the_chosen_checks_are_listed(client: Client, me: User) -> None:
    html = page(client, make_submission(me, checks=["shapes"]))
    assert "The shapes are right" in html
    assert "The values are right" not in html


def test_our_fault_is_called_our_fault(client: Client, me: User) -> None:
    html = page(client, make_submission(me, status="done", verdict="infra_error", message="the checker crashed"))
    assert "your code is not judged" in html
    assert "the checker crashed" in html


def test_while_it_runs_the_page_refreshes_itself_without_javascript(client: Client, me: User) -> None:
    submission = make_submission(me, status="running")
    html = page(client, submission)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in html
    assert f'sse-connect="/labs/submissions/{submission.pk}/events?after=0"' in html


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_when_it_is_over_nothing_refreshes_and_nothing_can_be_cancelled(client: Client, me: User, status: str) -> None:
    html = page(client, make_submission(me, status=status, verdict="failed" if status == "done" else ""))
    for live in ("http-equiv", "sse-connect", "sse-swap", "/cancel"):
        assert live not in html


def test_the_log_is_a_log_for_assistive_technology(client: Client, me: User) -> None:
    html = page(client, make_submission(me, status="done", verdict="failed", log="step 1\n"))
    assert 'role="log"' in html
    assert "step 1" in html


def test_the_panel_is_the_changing_part_alone(client: Client, me: User) -> None:
    html = page(client, make_submission(me, status="running"), "panel")
    assert html.strip().startswith('<div id="panel"')
    assert "<html" not in html


def test_cancelling_from_the_page_leads_back_to_it(client: Client, me: User) -> None:
    submission = make_submission(me)
    answer = client.post(f"{submission.get_absolute_url()}cancel", follow=True)
    assert "Cancelled" in answer.content.decode()
