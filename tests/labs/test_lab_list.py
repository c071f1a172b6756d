"""The list of labs: what there is, and how far one is."""

from __future__ import annotations

import pytest
from django.test import Client

from labs.models import Lab
from residual.progress import services as progress
from tests.factories import make_lab, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab() -> Lab:
    return make_lab("sdpa", title="Attention <by> hand")


def page(client: Client) -> str:
    answer = client.get("/labs/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_tells_what_is_passed_in_words(client: Client, lab: Lab) -> None:
    me = make_user()
    client.force_login(me)
    assert "Open" in page(client)
    progress.record_share(me, "lab", lab.pk, 0.2)
    assert "Started" in page(client)
    progress.complete(me, "lab", lab.pk)
    assert "Passed" in page(client)


def test_a_visitor_sees_the_list_and_signs_in_for_the_lab(client: Client, lab: Lab) -> None:
    assert "Attention &lt;by&gt; hand" in page(client)
    assert client.get(lab.get_absolute_url())["Location"].startswith("/accounts/login/")


def test_an_empty_catalogue_says_what_to_do(client: Client) -> None:
    assert "sync_content" in page(client)
