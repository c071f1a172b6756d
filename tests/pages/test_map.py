"""The map: what leads where, as a drawing and as a list, and what of it is done."""

from __future__ import annotations

import pytest
from django.test import Client

from curriculum.models import NamedLab
from residual.progress.services import complete, record_share
from tests.factories import make_activity, make_lab, make_phase, make_user, make_week

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    return " ".join(client.get("/map/").content.decode().split())


def make_named(lab_id: str, title: str) -> NamedLab:
    return NamedLab.objects.create(id=lab_id, title=title, digest="0")


def test_a_week_is_drawn_and_says_what_it_builds_on_and_leads_to(client: Client) -> None:
    first, second = make_week(1), make_week(2)
    second.needs.add(first)
    html = page(client)
    assert html.count('class="map-line"') == 1
    assert '<a href="/weeks/week-2/" class="map-stop planned">' in html
    assert "Builds on: Topic 1" in html
    assert "Leads to: Topic 2" in html


def test_a_learner_sees_what_is_done_and_a_visitor_no_state(client: Client) -> None:
    week, user = make_week(1), make_user()
    make_activity(week, "lab", ref="lab-x")
    complete(user, "lab", "lab-x")
    assert "in progress" not in page(client)
    assert "not begun" not in page(client)
    client.force_login(user)
    assert '<a href="/weeks/week-1/" class="map-stop complete">' in page(client)


def test_another_learners_progress_is_not_shown(client: Client) -> None:
    make_activity(make_week(1), "lab", ref="lab-x")
    complete(make_user(), "lab", "lab-x")
    client.force_login(make_user())
    assert 'class="map-stop planned"' in page(client)


def test_a_lab_that_is_out_is_linked_and_one_to_come_is_not(client: Client) -> None:
    lab, user = make_lab("attention"), make_user()
    make_named(lab.pk, lab.title).leads_to.add(make_named("lab-later", "Later"))
    record_share(user, "lab", lab.pk, 0.4)
    client.force_login(user)
    html = page(client)
    assert '<a href="/labs/attention/" class="map-stop in_progress">' in html
    assert '<g class="map-stop to_come">' in html
    assert "not out yet" in html


def test_a_phase_is_as_far_as_the_labs_it_names(client: Client) -> None:
    phase, user = make_phase(1), make_user()
    section = phase.sections.create(id="s", title="S", digest="0")
    section.items.create(
        id="i", kind="topic", text_html="T", digest="0", labs=[{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]
    )
    complete(user, "lab", "a")
    client.force_login(user)
    assert "Phase 1: Phase-1, in progress, 50 %" in page(client)


def test_without_content_the_map_says_what_to_do(client: Client) -> None:
    assert "manage.py sync_content" in page(client)
