"""Error pages: what happened, and a way back."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from residual.pages.errors import server_error
from tests.factories import make_paper


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/weeks/nope/", "/phases/nope/", "/papers/nope/", "/nope/"])
def test_an_unknown_address_is_a_404_with_a_way_back(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()
    assert 'href="/weeks/"' in page.content.decode()


@pytest.mark.django_db
def test_a_retired_paper_is_a_404(client: Client) -> None:
    make_paper("gone", retired_at="2026-01-01T00:00:00Z")
    assert client.get("/papers/gone/").status_code == 404


def test_our_own_failure_has_a_page_that_needs_no_database() -> None:
    page = server_error(RequestFactory().get("/"))
    assert page.status_code == 500
    assert "Our mistake" in page.content.decode()
    assert 'href="/"' in page.content.decode()
