"""The palette's index: what this person may open, small, in their language, and not sent twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_lab, make_paper, make_phase, make_user, make_week

pytestmark = pytest.mark.django_db


def entries(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/palette.json").json()["entries"]
    return found


def test_it_leads_to_weeks_phases_labs_and_papers(client: Client) -> None:
    make_week(1)
    make_phase(2)
    make_lab("attention")
    make_paper("bert", title="BERT", authors="Jacob Devlin, Others", year=2018)
    by_url = {entry["url"]: entry for entry in entries(client) if "url" in entry}
    assert by_url["/weeks/week-1/"]["title"] == "Week 1: Topic 1"
    assert by_url["/phases/phase-2/"]["kind"] == "Phase"
    assert by_url["/labs/attention/"]["kind"] == "Lab"
    assert by_url["/papers/bert/"]["words"] == "Jacob Devlin 2018"


def test_every_place_it_names_exists(client: Client) -> None:
    client.force_login(make_user())
    for entry in entries(client):
        if "url" in entry and entry["url"] != "/status/":
            assert client.get(entry["url"], follow=True).status_code == 200, entry


def test_every_button_that_it_presses_is_on_the_page(client: Client) -> None:
    client.force_login(make_user())
    html = client.get("/").content.decode()
    pressed = {entry["press"] for entry in entries(client) if "press" in entry}
    assert "log-out" in pressed
    assert {name for name in pressed if f'id="{name}"' not in html} == set()


def test_a_visitor_is_offered_what_visitors_can_do(client: Client) -> None:
    titles = {entry["title"] for entry in entries(client)}
    assert {"Sign up", "Log in", "Dark theme"} <= titles
    assert not {"Log out", "Settings", "Start reviewing"} & titles


def test_what_has_not_changed_is_not_sent_again(client: Client) -> None:
    first = client.get("/palette.json")
    again = client.get("/palette.json", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    make_week(1)
    assert client.get("/palette.json", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_no_cache_on_the_way_gives_one_persons_index_to_another(client: Client) -> None:
    response = client.get("/palette.json")
    assert "private" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]
