"""The phases and what their sections hold."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from curriculum.models import Section, SectionItem
from residual.progress.services import complete
from tests.factories import make_lab, make_paper, make_phase, make_section, make_user

pytestmark = pytest.mark.django_db


def make_item(section: Section, kind: str, text: str, **fields: Any) -> SectionItem:
    return SectionItem.objects.create(id=text, section=section, kind=kind, text_html=text, digest="0", **fields)


def page(client: Client) -> str:
    return client.get("/phases/phase-1/").content.decode()


def test_the_list_leads_to_every_phase_in_order(client: Client) -> None:
    for number in (1, 2, 3):
        make_phase(number, order=number)
    html = client.get("/phases/").content.decode()
    assert html.index("/phases/phase-1/") < html.index("/phases/phase-2/") < html.index("/phases/phase-3/")


def test_a_section_shows_each_kind_under_its_heading(client: Client) -> None:
    section = make_section(make_phase(1))
    kinds = {"topic": "Topics", "resource": "Books", "tutorial": "Tutorials", "hands_on": "Hands on", "tool": "Tools"}
    for kind in kinds:
        make_item(section, kind, f"About {kind}")
    html = page(client)
    for kind, heading in kinds.items():
        assert f"<h3>{heading}" in html
        assert f"About {kind}" in html


def test_a_kind_that_is_absent_has_no_heading(client: Client) -> None:
    make_item(make_section(make_phase(1)), "topic", "Text")
    assert "Tutorials" not in page(client)


def test_a_resource_says_its_medium_and_leads_to_it(client: Client) -> None:
    make_item(make_section(make_phase(1)), "resource", "A book", medium="free book", url="https://example.org/book")
    html = page(client)
    assert "free book" in html
    assert 'href="https://example.org/book"' in html


def test_a_correction_is_shown_as_a_note(client: Client) -> None:
    make_item(make_section(make_phase(1)), "resource", "A book", correction_html="The author is another.")
    html = page(client)
    assert "A correction" in html
    assert "The author is another." in html


def test_hands_on_links_the_labs_there_are_and_names_those_to_come(client: Client) -> None:
    lab = make_lab("attention")
    there, planned = {"id": lab.pk, "title": "ignored"}, {"id": "lab-later", "title": "Later"}
    make_item(make_section(make_phase(1)), "hands_on", "Build it", labs=[there, planned])
    html = page(client)
    assert 'href="/labs/attention/"' in html
    assert "Lab: Attention" in html
    assert "Lab to come: Later" in html


def test_papers_of_a_section_are_linked(client: Client) -> None:
    make_section(make_phase(1)).papers.add(make_paper("bert"))
    assert 'href="/papers/bert/"' in page(client)


def test_a_resource_says_what_it_costs(client: Client) -> None:
    section = make_section(make_phase(1))
    make_item(section, "resource", "A book", cost="free")
    make_item(section, "resource", "A course", cost="paid")
    html = page(client)
    assert '<span class="tag free">free</span>' in html
    assert '<span class="tag">costs money</span>' in html


def test_a_lab_that_is_passed_says_so_to_its_learner_alone(client: Client) -> None:
    lab, user = make_lab("attention"), make_user()
    make_item(make_section(make_phase(1)), "topic", "T", labs=[{"id": lab.pk, "title": lab.title}])
    complete(user, "lab", lab.pk)
    assert '<span class="visually-hidden">, passed</span>' not in page(client)
    client.force_login(user)
    assert '<span class="visually-hidden">, passed</span>' in page(client)
