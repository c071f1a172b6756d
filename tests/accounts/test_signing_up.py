"""Sign-up: one screen, a time zone, and straight to the first week."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from residual.accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/accounts/signup/"
DETAILS = {
    "email": "Ada@Example.org",
    "password1": "a-long-enough-one",
    "display_name": "Ada",
    "time_zone": "Europe/Berlin",
}


def test_signing_up_makes_a_learner_and_lets_them_in(client: Client) -> None:
    response = client.post(URL, DETAILS, follow=True)
    user = User.objects.get()
    assert (user.email, user.display_name, user.time_zone) == ("ada@example.org", "Ada", "Europe/Berlin")
    assert response.context["user"] == user
    assert response.request["PATH_INFO"] == reverse("home")


def test_the_password_is_not_stored_as_it_is(client: Client) -> None:
    client.post(URL, DETAILS)
    assert "a-long-enough-one" not in User.objects.get().password


def test_a_name_is_not_needed(client: Client) -> None:
    client.post(URL, {**DETAILS, "display_name": ""})
    assert str(User.objects.get()) == "ada@example.org"


def test_the_form_asks_for_four_things_and_lets_the_browser_fill_the_time_zone(client: Client) -> None:
    page = client.get(URL)
    assert list(page.context["form"].fields) == ["email", "password1", "display_name", "time_zone"]
    assert "data-guess-time-zone" in page.content.decode()


def test_without_javascript_the_time_zone_is_utc(client: Client) -> None:
    assert '<option value="UTC" selected>' in client.get(URL).content.decode()


def test_a_time_zone_that_is_valid_but_not_offered_is_taken(client: Client) -> None:
    client.post(URL, {**DETAILS, "time_zone": "US/Pacific"})
    assert User.objects.get().time_zone == "US/Pacific"


def test_an_unknown_time_zone_is_refused_in_words(client: Client) -> None:
    page = client.post(URL, {**DETAILS, "time_zone": "Mars/Olympus"})
    assert "Mars/Olympus is no time zone we know" in page.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "1234567890123", "password1234"])
def test_a_weak_password_is_refused(client: Client, password: str) -> None:
    page = client.post(URL, {**DETAILS, "password1": password})
    assert page.context["form"].errors["password1"]
    assert not User.objects.exists()


def test_an_address_is_used_once_whatever_its_case(client: Client) -> None:
    make_user("ada@example.org")
    client.post(URL, DETAILS)
    assert User.objects.count() == 1


def test_signing_up_leads_back_to_where_one_was(client: Client) -> None:
    response = client.post(f"{URL}?next=/papers/", {**DETAILS, "next": "/papers/"})
    assert response.headers["Location"] == "/papers/"


def test_signing_up_leads_to_no_other_host(client: Client) -> None:
    response = client.post(URL, {**DETAILS, "next": "https://evil.example/"})
    assert response.headers["Location"] == reverse("home")


def test_a_closed_site_says_so(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_SIGNUP_OPEN = False
    assert "Sign-up is closed" in client.get(URL).content.decode()
    client.post(URL, DETAILS)
    assert not User.objects.exists()
