"""Guessing passwords is slowed down."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_after_five_wrong_passwords_even_the_right_one_waits(client: Client) -> None:
    make_user("ada@example.org")
    for _attempt in range(5):
        client.post("/accounts/login/", {"login": "ada@example.org", "password": "wrong"})
    page = client.post("/accounts/login/", {"login": "ada@example.org", "password": "correct-horse"})
    assert "Too many failed login attempts" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_too_many_requests_get_a_page_that_says_what_to_do(client: Client) -> None:
    details = {"email": "ada@example.org"}
    pages = [client.post("/accounts/password/reset/", details) for _attempt in range(6)]
    assert pages[-1].status_code == 429
    assert "Wait a minute" in pages[-1].content.decode()
