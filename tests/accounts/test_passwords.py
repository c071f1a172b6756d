"""Choosing a new password, by mail or on the settings page."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from residual.accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NEW = "quite-another-one"


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.org")


def reset_link(client: Client) -> str:
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def choose(client: Client, link: str) -> bytes:
    """Open the link of a mail and send the form behind it."""
    page = client.get(link, follow=True)
    return client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW}, follow=True).content


def test_the_link_of_the_mail_sets_a_new_password(client: Client, ada: User) -> None:
    choose(client, reset_link(client))
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_the_mail_is_short_and_says_whose_it_is(client: Client, ada: User) -> None:
    reset_link(client)
    assert mail.outbox[0].to == [ada.email]
    assert "Choose a new password" in mail.outbox[0].subject
    assert "ada@example.org on Residual" in mail.outbox[0].body


@pytest.mark.usefixtures("ada")
def test_a_link_works_once(client: Client) -> None:
    link = reset_link(client)
    choose(client, link)
    assert "This link no longer works" in client.get(link, follow=True).content.decode()


def test_an_unknown_address_is_answered_alike_and_told_by_mail(client: Client) -> None:
    page = client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert "Look in your mail" in page.content.decode()
    assert "no account has this address" in mail.outbox[0].body


def test_changing_the_password_asks_for_the_old_one(client: Client, ada: User) -> None:
    client.force_login(ada)
    wrong = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    assert client.post("/accounts/password/change/", wrong).context["form"].errors["oldpassword"]
    client.post("/accounts/password/change/", {**wrong, "oldpassword": "correct-horse"})
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_changing_the_password_keeps_one_logged_in(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.post("/accounts/password/change/", {"oldpassword": "correct-horse", "password1": NEW, "password2": NEW})
    assert client.get("/accounts/settings/").status_code == 200
