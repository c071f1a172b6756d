"""What every page has around it: menu, due count, messages, theme, language."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from residual.pages import context
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ADDRESSES = ["/", "/weeks/", "/phases/", "/papers/", "/status/", "/accounts/settings/", "/nothing-here/"]


def test_every_entry_of_the_menu_leads_somewhere(client: Client) -> None:
    menu = client.get("/").content.decode().partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]*)"', menu) == ["/", "/weeks/", "/phases/", "/papers/", "/labs/", "/reviews/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_due_count_is_on_every_page(client: Client, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "due_count", lambda _user: 7)
    client.force_login(make_user())
    assert (
        '<span class="badge">7<span class="visually-hidden"> due</span></span>' in client.get(address).content.decode()
    )


def test_with_nothing_due_there_is_no_badge(client: Client) -> None:
    client.force_login(make_user())
    assert 'class="badge"' not in client.get("/weeks/").content.decode()


def test_a_visitors_page_asks_for_no_due_count(client: Client) -> None:
    with CaptureQueriesContext(connection) as captured:
        client.get("/papers/")
    assert not [query for query in captured if "reviews_" in query["sql"]]


def test_the_page_says_its_language_and_lets_one_skip_to_the_content(client: Client) -> None:
    html = client.get("/").content.decode()
    assert '<html lang="en" dir="ltr"' in html
    assert '<a class="skip" href="#content">' in html
    assert '<main id="content"' in html


def test_htmx_sends_the_csrf_token_of_a_learner(client: Client) -> None:
    client.force_login(make_user())
    assert re.search(r"<body hx-headers='\{\"X-CSRFToken\": \"\w{64}\"\}'>", client.get("/weeks/").content.decode())


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_content_security_policy_allows_nothing_inline(client: Client, address: str) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_a_theme_is_chosen_without_javascript(client: Client, theme: str) -> None:
    response = client.post("/theme/", {"theme": theme, "next": "/papers/"})
    assert response.headers["Location"] == "/papers/"
    assert f'data-theme="{theme}"' in client.get("/papers/").content.decode()


def test_a_theme_leads_to_no_other_host(client: Client) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": "//evil.example/"}).headers["Location"] == "/"


def test_an_unknown_theme_is_refused_in_words(client: Client) -> None:
    page = client.post("/theme/", {"theme": "pink"}, follow=True)
    assert "That is no theme we have" in page.content.decode()
    assert "theme" not in client.cookies


def test_the_style_page_shows_every_component(client: Client) -> None:
    html = client.get("/style/").content.decode()
    for mark in ("callout bad", "shares", "highlight", "data-tabs", "toast", "<progress", 'role="log"'):
        assert mark in html
