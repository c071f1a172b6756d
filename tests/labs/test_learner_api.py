"""Labs, drafts and submissions over /api/v1, for the one who is signed in."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from labs.models import Draft, Lab, Submission
from residual.accounts.models import User
from tests.factories import SOURCE, make_lab, make_result, make_submission, make_user
from tests.labs.fake_runner import Answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def submit(api: APIClient, lab: Lab, key: str = "", **fields: Any) -> Answer:
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    body = {"source": SOURCE, **fields}
    response: Answer = api.post(f"/api/v1/labs/{lab.slug}/submissions", body, format="json", **headers)
    return response


def test_labs_are_listed_without_their_solutions(api: APIClient) -> None:
    make_lab("sdpa")
    make_lab("old", retired_at="2026-11-01T00:00:00Z")
    (lab,) = api.get("/api/v1/labs").json()
    assert (lab["slug"], lab["minutes"], lab["entry_points"]) == ("sdpa", 45, ["attention"])
    assert "solution" not in lab


def test_a_lab_comes_with_its_brief_and_checks(api: APIClient) -> None:
    make_lab("sdpa")
    lab = api.get("/api/v1/labs/sdpa").json()
    assert lab["brief_html"] == "<p>The brief.</p>"
    assert [check["id"] for check in lab["checks"]] == ["shapes", "values"]
    assert "solution" not in lab


def test_submitting_answers_with_a_receipt(api: APIClient, user: User) -> None:
    answer = submit(api, make_lab("sdpa"))
    submission = Submission.objects.get(user=user)
    assert answer.status_code == 201
    assert answer.json()["id"] == str(submission.pk)
    assert answer.json()["url"] == f"/labs/submissions/{submission.pk}/"


def test_the_same_key_gives_the_same_answer_even_after_judging(api: APIClient) -> None:
    lab = make_lab()
    first = submit(api, lab, "key-1")
    Submission.objects.update(status="done", verdict="passed")
    assert submit(api, lab, "key-1").json() == first.json()
    assert Submission.objects.count() == 1


REFUSED = {
    "empty": ({"source": ""}, 422, "There is no code yet"),
    "NUL": ({"source": "a\0b"}, 422, "NUL byte"),
    "surrogate": ({"source": "'\\ud800'"}, 422, "does not define"),
    "no entry point": ({"source": "x = 1"}, 422, "does not define attention"),
    "unknown check": ({"checks": ["speed"]}, 422, "Its checks are shapes, values"),
    "no text": ({"source": 7}, 400, "Some fields are wrong"),
}


@pytest.mark.parametrize(("fields", "status", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_can_not_be_judged_is_a_problem_in_words(
    api: APIClient, fields: dict[str, Any], status: int, words: str
) -> None:
    refused = submit(api, make_lab(), **fields)
    assert refused.status_code == status
    assert refused["Content-Type"] == "application/problem+json"
    assert words in refused.json()["detail"]
    assert refused.json()["status"] == status


def test_refused_code_is_kept_as_the_draft(api: APIClient) -> None:
    submit(api, make_lab(), source="def f(:")
    assert Draft.objects.get().source == "def f(:"


def test_a_key_used_for_something_else_is_a_problem(api: APIClient) -> None:
    lab = make_lab()
    submit(api, lab, "key-1")
    refused = submit(api, lab, "key-1", source=SOURCE + "# x\n")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:residual:idempotency-key")


def test_a_key_that_is_too_long_is_a_problem(api: APIClient) -> None:
    assert submit(api, make_lab(), "k" * 101).status_code == 400


def test_a_submission_is_read_with_its_results(api: APIClient, user: User) -> None:
    submission = make_submission(user, status="done", verdict="failed")
    make_result(submission, "shapes", "failed", details={"max_error": 0.5})
    detail = api.get(f"/api/v1/submissions/{submission.pk}").json()
    assert (detail["verdict"], detail["source"]) == ("failed", SOURCE)
    assert detail["results"][0]["details"] == {"max_error": 0.5}


def test_submissions_are_listed_newest_first_in_pages(api: APIClient, user: User) -> None:
    lab = make_lab()
    made = [make_submission(user, lab) for _ in range(51)]
    first = api.get("/api/v1/submissions").json()
    assert first["results"][0]["id"] == str(made[-1].pk)
    assert len(api.get(first["next"]).json()["results"]) == 1


def test_drafts_are_read_and_written(api: APIClient, user: User) -> None:
    lab = make_lab("sdpa")
    assert api.get("/api/v1/labs/sdpa/draft").json()["source"] == lab.starter
    assert api.put("/api/v1/labs/sdpa/draft", {"source": "x = 1\0"}, format="json").status_code == 200
    assert api.get("/api/v1/labs/sdpa/draft").json()["source"] == "x = 1␀"
    assert Draft.objects.get(user=user).lab == lab


def test_cancelling_works_once(api: APIClient, user: User) -> None:
    submission = make_submission(user)
    url = f"/api/v1/submissions/{submission.pk}/cancel"
    assert api.post(url).json()["status"] == "cancelled"
    assert api.post(url).status_code == 409


@pytest.mark.parametrize("url", ["/api/v1/labs", "/api/v1/submissions"])
def test_nobody_is_let_in_without_signing_in(url: str) -> None:
    refused = APIClient().get(url)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"


def test_writing_by_session_needs_the_csrf_token(user: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    assert submit(client, make_lab()).status_code == 403
    assert not Submission.objects.exists()


def test_the_schema_describes_every_call_of_a_learner(api: APIClient) -> None:
    paths = api.get("/api/schema/?format=json").json()["paths"]
    assert "/api/v1/labs/{slug}/submissions" in paths
    assert not any(path.startswith("/api/runner") for path in paths)


def test_what_a_draft_once_held_is_listed_and_read(api: APIClient) -> None:
    make_lab("sdpa")
    for source in ("x = 1", "x = 2"):
        api.put("/api/v1/labs/sdpa/draft", {"source": source}, format="json")
    listed = api.get("/api/v1/labs/sdpa/draft/versions").json()["results"]
    assert [version["kind"] for version in listed] == ["saved", "saved"]
    assert "source" not in listed[0]
    read = [api.get(f"/api/v1/labs/sdpa/draft/versions/{version['id']}").json()["source"] for version in listed]
    assert read == ["x = 2", "x = 1"]


def test_versions_of_others_are_not_there(api: APIClient) -> None:
    lab, other = make_lab("sdpa"), APIClient()
    other.force_login(make_user("other@example.org"))
    other.put(f"/api/v1/labs/{lab.slug}/draft", {"source": "x = 1"}, format="json")
    (theirs,) = other.get("/api/v1/labs/sdpa/draft/versions").json()["results"]
    assert api.get("/api/v1/labs/sdpa/draft/versions").json()["results"] == []
    assert api.get(f"/api/v1/labs/sdpa/draft/versions/{theirs['id']}").status_code == 404
