"""Each page of django-allauth that can be reached wears our clothes and speaks with our voice."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db
VISITORS = {
    "/accounts/login/": "Log in",
    "/accounts/signup/": "Sign up",
    "/accounts/password/reset/": "Forgotten password",
    "/accounts/password/reset/done/": "Look in your mail",
    "/accounts/password/reset/key/done/": "Your password is changed",
    "/accounts/password/reset/key/x-y/": "This link no longer works",
    "/accounts/inactive/": "This account is switched off",
    "/accounts/confirm-email/": "Look in your mail",
    "/accounts/confirm-email/nonsense/": "Confirm your email address",
}
LEARNERS = {
    "/accounts/logout/": "Log out",
    "/accounts/email/": "Email addresses",
    "/accounts/password/change/": "Change your password",
    "/accounts/reauthenticate/": "Is it you?",
    "/accounts/settings/": "Settings",
}


@pytest.mark.parametrize(("address", "heading"), VISITORS.items())
def test_a_visitors_page_has_our_frame_and_heading(client: Client, address: str, heading: str) -> None:
    html = client.get(address).content.decode()
    assert f"<h1>{heading}</h1>" in html
    assert 'class="site-header"' in html


@pytest.mark.parametrize(("address", "heading"), LEARNERS.items())
def test_a_learners_page_has_our_frame_and_heading(client: Client, address: str, heading: str) -> None:
    client.force_login(make_user())
    html = client.get(address).content.decode()
    assert f"<h1>{heading}</h1>" in html
    assert 'class="site-header"' in html
