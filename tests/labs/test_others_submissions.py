"""What belongs to somebody else does not exist, whatever the door."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from labs.models import Submission
from residual.accounts.models import User
from tests.factories import make_lab, make_submission, make_user

pytestmark = pytest.mark.django_db
GET = [
    "/labs/submissions/{id}/",
    "/labs/submissions/{id}/panel",
    "/labs/submissions/{id}/events",
    "/api/v1/submissions/{id}",
]
POST = ["/labs/submissions/{id}/cancel", "/api/v1/submissions/{id}/cancel"]
DOORS = [("get", url) for url in GET] + [("post", url) for url in POST]
LAB_DOORS = ["submit", "draft", "upload", "reset", "download", "hint", "give-up"]


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.mark.parametrize(("method", "url"), DOORS)
def test_anothers_submission_is_a_404(client: Client, me: User, method: str, url: str) -> None:
    submission = make_submission()
    assert submission.user != me
    assert getattr(client, method)(url.format(id=submission.pk)).status_code == 404
    assert Submission.objects.get().status == "queued"


@pytest.mark.parametrize(("method", "url"), DOORS)
@pytest.mark.usefixtures("me")
def test_an_unknown_submission_is_a_404(client: Client, method: str, url: str) -> None:
    assert getattr(client, method)(url.format(id=uuid4())).status_code == 404


@pytest.mark.parametrize(("method", "url"), [door for door in DOORS if "/api/" not in door[1]])
def test_a_stranger_is_asked_to_sign_in(client: Client, method: str, url: str) -> None:
    answer = getattr(client, method)(url.format(id=make_submission().pk))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_anothers_submissions_are_not_in_the_list(client: Client, me: User) -> None:
    mine = make_submission(me)
    make_submission()
    listed = client.get("/api/v1/submissions").json()["results"]
    assert [entry["id"] for entry in listed] == [str(mine.pk)]


@pytest.mark.parametrize("slug", ["unknown", "retired"])
@pytest.mark.usefixtures("me")
def test_an_unknown_or_retired_lab_is_a_404_at_every_door(client: Client, slug: str) -> None:
    make_lab("retired", retired_at="2026-11-01T00:00:00Z")
    assert client.get(f"/labs/{slug}/").status_code == 404
    for door in LAB_DOORS:
        assert client.post(f"/labs/{slug}/{door}").status_code == 404, door
    body = {"source": "x"}
    assert client.post(f"/api/v1/labs/{slug}/submissions", body, content_type="application/json").status_code == 404
