"""Readings, theory and journal are ticked on the week's page; labs and quizzes are not."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from residual.accounts.models import User
from residual.progress.models import Completion
from tests.factories import make_activity, make_user, make_week

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def test_a_tick_counts_and_leads_back_to_its_line(client: Client, ada: User) -> None:
    activity = make_activity(make_week(1))
    response = client.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "1"})
    assert response.headers["Location"] == f"/weeks/week-1/#{activity.pk}"
    assert Completion.objects.get(user=ada).ref == activity.pk
    assert 'aria-pressed="true"' in client.get("/weeks/week-1/").content.decode()


@pytest.mark.usefixtures("ada")
def test_a_tick_can_be_taken_back(client: Client) -> None:
    activity = make_activity(make_week(1), "journal")
    client.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "1"})
    client.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "0"})
    assert not Completion.objects.exists()


@pytest.mark.usefixtures("ada")
def test_htmx_gets_the_changed_part_alone(client: Client) -> None:
    activity = make_activity(make_week(1), "theory")
    response = client.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "1"}, headers={"HX-Request": "true"})
    html = response.content.decode()
    assert html.lstrip().startswith('<div class="columns" id="week-live">')
    assert "100 %" in html
    assert "<html" not in html


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("kind", ["lab", "quiz"])
def test_what_takes_evidence_cannot_be_ticked(client: Client, kind: str) -> None:
    activity = make_activity(make_week(1), kind)
    assert client.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "1"}).status_code == 404
    assert not Completion.objects.exists()


@pytest.mark.usefixtures("ada")
def test_a_tick_needs_the_right_week_and_a_living_activity(client: Client) -> None:
    activity = make_activity(make_week(1))
    retired = make_activity(make_week(2), retired_at=timezone.now())
    for address in (
        f"/weeks/week-2/ticks/{activity.pk}/",
        f"/weeks/week-2/ticks/{retired.pk}/",
        "/weeks/week-1/ticks/x/",
    ):
        assert client.post(address, {"done": "1"}).status_code == 404


@pytest.mark.usefixtures("ada")
def test_a_tick_takes_a_post(client: Client) -> None:
    activity = make_activity(make_week(1))
    assert client.get(f"/weeks/week-1/ticks/{activity.pk}/").status_code == 405


def test_a_visitor_is_sent_to_log_in(client: Client) -> None:
    activity = make_activity(make_week(1))
    response = client.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "1"})
    assert response.headers["Location"].startswith("/accounts/login/")
    assert not Completion.objects.exists()


def test_one_learners_tick_is_not_anothers(client: Client, ada: User) -> None:  # noqa: ARG001  signed in
    activity = make_activity(make_week(1))
    client.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "1"})
    client.force_login(make_user())
    assert 'aria-pressed="false"' in client.get("/weeks/week-1/").content.decode()


def test_a_tick_without_csrf_token_is_refused(ada: User) -> None:
    activity = make_activity(make_week(1))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    page = strict.post(f"/weeks/week-1/ticks/{activity.pk}/", {"done": "1"})
    assert page.status_code == 403
    assert "This form is too old" in page.content.decode()
