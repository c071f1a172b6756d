"""What a runner gets over HTTP, and what nobody else gets."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from labs import dispatch
from tests.factories import SOURCE, make_judge, make_lab, make_submission, make_user
from tests.labs.fake_runner import TOKEN, FakeRunner

pytestmark = pytest.mark.django_db
NOBODYS = "00000000-0000-4000-8000-000000000000"  # fixed: parallel workers must collect the same tests
CALLS = [
    ("post", "/api/runner/v1/claim"),
    ("post", f"/api/runner/v1/jobs/{NOBODYS}/heartbeat"),
    ("post", f"/api/runner/v1/jobs/{NOBODYS}/events"),
    ("post", f"/api/runner/v1/jobs/{NOBODYS}/hand-back"),
    ("post", f"/api/runner/v1/jobs/{NOBODYS}/verdict"),
    ("get", "/api/runner/v1/judges/abc"),
]


def test_a_claim_gives_the_whole_job(runner: FakeRunner, settings: Settings) -> None:
    settings.LEASE_SECONDS = 20
    submission = make_submission(lab=make_lab("sdpa"), request_id="req-1", checks=["values"])
    job = runner.claim().json()
    assert job.pop("limits")["wall_s"] == 5.0
    assert job == {
        "protocol": dispatch.PROTOCOL,
        "id": str(submission.pk),
        "attempt": 1,
        "lane": "check",
        "lab": "sdpa",
        "judge_digest": submission.judge_id,
        "filename": "attention.py",
        "source": SOURCE,
        "checks": ["values"],
        "mine": [],
        "lease_s": 20,
        "request_id": "req-1",
    }


def test_with_nothing_to_do_a_claim_is_empty(runner: FakeRunner) -> None:
    answer = runner.claim()
    assert (answer.status_code, answer.content) == (204, b"")


def test_another_protocol_version_is_refused_with_both_numbers(runner: FakeRunner) -> None:
    make_submission()
    refused = runner.claim(protocol=99)
    assert refused.status_code == 409
    assert refused["Content-Type"] == "application/problem+json"
    assert f"speaks protocol {dispatch.PROTOCOL}, the runner 99" in refused.json()["detail"]


def test_a_claim_that_lacks_a_field_names_it(runner: FakeRunner) -> None:
    refused = runner.claim(level="steel")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "level"


def test_a_sandbox_below_the_sites_level_is_refused_in_words(runner: FakeRunner, settings: Settings) -> None:
    settings.MIN_SANDBOX_LEVEL = "full"
    refused = runner.claim(level="namespaces")
    assert refused.status_code == 403
    assert refused.json()["detail"] == "the runner's sandbox level is namespaces; this site demands full"


def test_a_judge_is_fetched_by_its_digest(runner: FakeRunner) -> None:
    judge = make_judge({"checks.py": b"# the checks\n"})
    answer = runner.client.get(f"/api/runner/v1/judges/{judge.digest}")
    assert answer.json() == {"digest": judge.digest, "files": {"checks.py": "IyB0aGUgY2hlY2tzCg=="}}
    assert runner.client.get(f"/api/runner/v1/judges/{'0' * 64}").status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", TOKEN])
@pytest.mark.parametrize(("method", "url"), CALLS)
def test_without_the_token_every_call_is_refused(method: str, url: str, header: str) -> None:
    client = APIClient()
    client.credentials(**({"HTTP_AUTHORIZATION": header} if header else {}))
    refused = getattr(client, method)(url, {}, format="json")
    assert refused.status_code == 401
    assert refused["Content-Type"] == "application/problem+json"


def test_a_site_without_a_token_lets_no_runner_in(runner: FakeRunner, settings: Settings) -> None:
    settings.RUNNER_TOKEN = ""
    runner.client.credentials(HTTP_AUTHORIZATION="Bearer ")
    assert runner.claim().status_code == 401


def test_a_signed_in_learner_is_no_runner(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    assert client.post("/api/runner/v1/claim").status_code == 401


def test_a_runner_is_no_learner(runner: FakeRunner) -> None:
    assert runner.client.get("/api/v1/submissions").status_code == 403
