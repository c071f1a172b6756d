"""Topics without a paper: in the list of papers, in search, and a page each."""

from __future__ import annotations

import pytest
from django.test import Client

from residual.progress.services import complete
from tests.factories import make_activity, make_paper, make_topic, make_user, make_week
from tests.factories_reviews import make_question

pytestmark = pytest.mark.django_db


def test_a_topic_shows_its_sources_and_leads_to_its_quiz(client: Client) -> None:
    topic = make_topic("autograd", title="Autograd", summary_html="<p>Graphs.</p>")
    make_question(topic=topic)
    html = client.get("/topics/autograd/").content.decode()
    for text in ("Autograd", "<p>Graphs.</p>", 'href="https://example.org/manual"', 'href="/reviews/topics/autograd/"'):
        assert text in html


def test_an_unknown_topic_is_not_found(client: Client) -> None:
    assert client.get("/topics/nothing/").status_code == 404


def test_a_topic_says_where_it_is_used_and_whether_it_is_learned(client: Client) -> None:
    user, topic = make_user(), make_topic("autograd")
    make_question(topic=topic)
    activity = make_activity(make_week(1), "theory", topic=topic)
    complete(user, "quiz_learned", topic.pk)
    client.force_login(user)
    html = client.get("/topics/autograd/").content.decode()
    assert f'href="/weeks/week-1/#{activity.pk}"' in html
    assert "Learned" in html


def test_the_papers_page_lists_topics_too_and_searches_them(client: Client) -> None:
    make_paper("bert")
    make_question(topic=make_topic("autograd"))
    assert 'href="/topics/autograd/"' in client.get("/papers/").content.decode()
    found = client.get("/papers/?q=autograd").content.decode()
    assert 'href="/topics/autograd/"' in found
    assert "No paper holds" not in found
    assert 'href="/topics/autograd/"' not in client.get("/papers/?q=bert").content.decode()


def test_a_week_leads_to_the_topic_and_to_its_quiz(client: Client) -> None:
    topic, week = make_topic("autograd"), make_week(1)
    make_activity(week, "theory", topic=topic)
    make_activity(week, "quiz", ref=topic.pk, topic=topic)
    client.force_login(make_user())
    html = client.get("/weeks/week-1/").content.decode()
    assert 'href="/topics/autograd/"' in html
    assert 'href="/reviews/topics/autograd/"' in html


def test_search_and_palette_know_topics(client: Client) -> None:
    make_question(topic=make_topic("autograd"), skill="autograd.graph")
    html = client.get("/search/?q=autograd").content.decode()
    assert 'href="/topics/autograd/">Autograd</a>' in html
    assert 'href="/topics/autograd/">Autograd: graph</a>' in html
    assert {"title": "Autograd", "kind": "Topic", "url": "/topics/autograd/"} in client.get("/palette.json").json()[
        "entries"
    ]
