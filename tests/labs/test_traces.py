"""A trace is asked for, shown and judges nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from labs.models import Submission
from residual.accounts.models import User
from residual.progress.models import Completion
from tests.factories import SOURCE, check_json, make_lab, make_result, make_submission, make_user, report_json
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db
SIDE = {
    "name": "softmax",
    "line": 7,
    "shape": [{"name": "B", "size": 2}, {"name": "", "size": 90}],
    "dtype": "float32",
    "mean": 0.5,
    "std": 0.25,
    "bytes": 720,
}
STEPS = {
    "kind": "steps",
    "title": "Step by step",
    "rows": [
        {"mark": "same", "mine": SIDE, "theirs": {**SIDE, "line": 0}},
        {"mark": "theirs", "mine": None, "theirs": {**SIDE, "name": "div", "line": 0}},
        {"mark": "differs", "mine": {**SIDE, "mean": "nan"}, "theirs": {**SIDE, "line": 0}},
    ],
    "first": 1,
}


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def test_a_trace_runs_nothing_else_and_earns_nothing(client: Client, me: User, runner: FakeRunner) -> None:
    lab = make_lab("block", trace=True)
    answer = client.post("/labs/block/trace", {"source": SOURCE})
    submission = Submission.objects.get()
    assert answer.headers["Location"] == submission.get_absolute_url()
    assert submission.checks == ["trace"]
    job = runner.claim().json()
    assert job["checks"] == ["trace"]
    result = check_json("trace", evidence="observed", details={"pictures": [STEPS]})
    runner.verdict(submission.pk, report_json("passed", result))
    assert not Completion.objects.filter(user=me, ref=lab.pk).exists()
    assert "Nothing was judged." in client.get(submission.get_absolute_url()).content.decode()


def test_the_bench_stays_as_it_was(client: Client, me: User) -> None:
    make_lab("block", trace=True)
    client.post("/labs/block/trace", {"source": SOURCE})
    assert not me.drafts.exists()


@pytest.mark.usefixtures("me")
@pytest.mark.parametrize(("trace", "source"), [(False, SOURCE), (True, ""), (True, "def other(): ...")], ids=str)
def test_what_cannot_be_traced_is_refused_with_words(client: Client, *, trace: bool, source: str) -> None:
    make_lab("block", trace=trace)
    answer = client.post("/labs/block/trace", {"source": source}, follow=True)
    assert answer.redirect_chain[-1][0] == "/labs/block/"
    assert 'class="toast' in answer.content.decode()
    assert not Submission.objects.exists()


def test_both_ways_stand_beside_each_other_and_the_divergence_is_marked_in_words(client: Client, me: User) -> None:
    submission = make_submission(me, make_lab("block", trace=True), checks=["trace"], status="done", verdict="passed")
    make_result(submission, "trace", evidence="observed", details={"pictures": [STEPS]})
    html = client.get(submission.get_absolute_url()).content.decode()
    for words in (
        "The two part at the marked step:",
        '<span class="status bad">first divergence</span><br>only the reference’s',
        '<code>softmax</code> (B 2, 90) <a class="small" href="#line-7">line 7</a>',
        "float32 · – ± 0.25 · 720",
    ):
        assert words in html, words
    assert "Trace shapes" not in html


@pytest.mark.parametrize("trace", [True, False])
def test_a_finished_submission_offers_a_trace_where_the_lab_has_one(client: Client, me: User, *, trace: bool) -> None:
    lab = make_lab("block", trace=trace)
    submission = make_submission(me, lab, status="done", verdict="failed", source='x = "<b>"\n')
    html = client.get(submission.get_absolute_url()).content.decode()
    assert ("Trace shapes" in html) == trace
    assert ('value="x = &quot;&lt;b&gt;&quot;\n"' in html) == trace


def test_from_the_bench_the_code_that_is_traced_is_kept_as_the_draft(client: Client, me: User) -> None:
    make_lab("block", trace=True)
    assert 'formaction="/labs/block/trace"' in client.get("/labs/block/").content.decode()
    client.post("/labs/block/trace", {"source": SOURCE, "keep": "1"})
    assert me.drafts.get().source == SOURCE


def test_code_from_the_bench_that_cannot_be_traced_is_kept_with_what_is_wrong(client: Client, me: User) -> None:
    make_lab("block", trace=True)
    answer = client.post("/labs/block/trace", {"source": "def attention(:\n", "keep": "1"}, follow=True)
    assert "does not compile" in answer.content.decode()
    assert me.drafts.get().source == "def attention(:\n"
