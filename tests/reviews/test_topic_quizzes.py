"""A quiz about a topic: started, answered, learned and kept as a paper's is, and its card leads to its source."""

from __future__ import annotations

import itertools

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curriculum.models import Question
from residual.progress import services as progress
from residual.progress.models import Completion
from residual.reviews import services
from residual.reviews.models import Card
from residual.reviews.queries import due
from tests.factories import make_activity, make_topic, make_week
from tests.factories_reviews import MONDAY, answer_card, make_card, make_paper, make_question, make_user

pytestmark = pytest.mark.django_db


def test_a_topics_quiz_is_started_from_its_page(client: Client) -> None:
    client.force_login(make_user())
    topic = make_topic("autograd")
    make_question(topic=topic)
    address = reverse("reviews:topic-quiz", args=[topic.slug])
    html = client.get(address).content.decode()
    assert 'id="start-quiz"' in html
    assert 'href="/topics/autograd/"' in html
    page = client.post(f"{address}start/", follow=True).content.decode()
    assert 'id="answer-form"' in page
    assert client.get(reverse("reviews:topic-quiz", args=["nothing"])).status_code == 404


def test_a_card_leads_to_its_topic_and_to_the_source_that_it_names(client: Client) -> None:
    sources = [{"title": "The manual", "url": "https://example.org/manual"}, {"title": "Adam", "url": "https://a.org/"}]
    topic = make_topic("autograd", sources=sources)
    card = make_card(question=make_question(topic=topic, source="Adam, Algorithm 1"), at=timezone.now())
    client.force_login(card.user)
    html = client.get(reverse("reviews:session")).content.decode()
    assert 'href="/topics/autograd/"' in html
    assert 'href="https://a.org/"' in html


def test_the_roadmap_introduces_the_core_of_a_topic() -> None:
    user, topic, week = make_user(), make_topic(), make_week(1)
    make_activity(week, "quiz", ref=topic.pk, topic=topic)
    reading = make_activity(week)
    core = make_question(topic=topic)
    make_question(topic=topic, core=False)
    progress.complete(user, "reading", reading.ref)
    assert services.introduce_roadmap(user, MONDAY) == 1
    assert [card.question for card in Card.objects.filter(user=user)] == [core]


def test_answers_to_a_topic_make_it_learned() -> None:
    topic = make_topic()
    first = make_card(question=make_question(topic=topic))
    second = make_card(first.user, make_question(topic=topic))
    answer_card(first)
    learned = Completion.objects.filter(user=first.user, kind="quiz_learned", ref=topic.pk)
    assert learned.get().share == 0.5
    answer_card(second)
    assert learned.get().share == 1


def test_topics_and_papers_take_turns() -> None:
    user, topic, paper = make_user(), make_topic(), make_paper()
    for _ in range(2):
        make_card(user, make_question(topic=topic))
    for _ in range(2):
        make_card(user, make_question(paper=paper))
    asked = [card.question.about_id for card in due(user, MONDAY)]
    assert all(before != after for before, after in itertools.pairwise(asked))


@pytest.mark.parametrize("both", [True, False])
def test_a_question_is_about_one_thing(*, both: bool) -> None:
    question = make_question(topic=make_topic())
    with pytest.raises(IntegrityError):
        Question.objects.filter(pk=question.pk).update(
            **({"paper": make_paper()} if both else {"topic": None}),
        )
