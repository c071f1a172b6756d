"""Logging in and out."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/accounts/login/"


def log_in(client: Client, **fields: str) -> str:
    """Where a login leads, or "" if it is refused."""
    response = client.post(URL, {"login": "ada@example.org", "password": "correct-horse", **fields})
    return response.headers.get("Location", "")


@pytest.fixture(autouse=True)
def ada() -> None:
    make_user("ada@example.org")


def test_the_right_password_leads_home(client: Client) -> None:
    assert log_in(client) == reverse("home")
    assert "_auth_user_id" in client.session


def test_a_wrong_password_is_refused_in_words(client: Client) -> None:
    page = client.post(URL, {"login": "ada@example.org", "password": "wrong"})
    assert 'role="alert"' in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_gets_the_same_words_as_a_wrong_password(client: Client) -> None:
    wrong = client.post(URL, {"login": "ada@example.org", "password": "wrong"}).context["form"].non_field_errors()
    unknown = client.post(URL, {"login": "bob@example.org", "password": "wrong"}).context["form"].non_field_errors()
    assert wrong == unknown


def test_login_leads_back_to_where_one_was(client: Client) -> None:
    assert log_in(client, next="/papers/?q=bert") == "/papers/?q=bert"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_login_leads_to_no_other_host(client: Client, target: str) -> None:
    assert log_in(client, next=target) == reverse("home")


def test_logging_out_takes_a_post(client: Client) -> None:
    log_in(client)
    client.get("/accounts/logout/")
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_the_session_cookie_is_hidden_from_scripts(client: Client) -> None:
    log_in(client)
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_the_session_key_changes_at_login(client: Client) -> None:
    client.get(URL)
    before = client.session.session_key
    log_in(client)
    assert client.session.session_key != before
