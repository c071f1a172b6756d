"""A paper's quiz: starting it, and how it stands."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from residual.reviews import services
from residual.reviews.models import Card
from tests.factories_reviews import answer_card, make_card, make_paper, make_question, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make_user())
    return client


def test_starting_a_quiz_leads_to_its_first_question(browser: Client) -> None:
    paper = make_paper()
    make_question(paper=paper)
    assert 'id="start-quiz"' in browser.get(reverse("reviews:quiz", args=[paper.slug])).content.decode()
    page = browser.post(reverse("reviews:start", args=[paper.slug]), follow=True).content.decode()
    assert 'id="answer-form"' in page
    assert "1 question is waiting" in page


def test_a_started_quiz_shows_its_questions_and_how_far_they_are(client: Client) -> None:
    card = make_card(question=make_question(source="Equation 1"), at=timezone.now())
    answer_card(card, at=timezone.now())
    client.force_login(card.user)
    page = client.get(reverse("reviews:quiz", args=[card.question.about.slug])).content.decode()
    assert 'id="start-quiz"' not in page
    assert "Equation 1" in page
    assert "in review, due" in page
    assert 'value="100"' in page  # learned


def test_a_suspended_question_can_be_brought_back(client: Client) -> None:
    card = make_card(at=timezone.now())
    services.suspend(card.user, card.pk, 1, "s")
    client.force_login(card.user)
    assert "Bring it back" in client.get(reverse("reviews:quiz", args=[card.question.about.slug])).content.decode()
    client.post(reverse("reviews:resume", args=[card.pk]), {"revision": "2", "key": "r"})
    assert not Card.objects.get(pk=card.pk).suspended


def test_a_paper_without_questions_says_so(browser: Client) -> None:
    assert 'id="no-quiz"' in browser.get(reverse("reviews:quiz", args=[make_paper().slug])).content.decode()


@pytest.mark.parametrize("retired", [True, False])
def test_an_unknown_or_retired_paper_is_not_found(browser: Client, *, retired: bool) -> None:
    slug = make_paper(retired_at=timezone.now()).slug if retired else "no-such-paper"
    assert browser.get(reverse("reviews:quiz", args=[slug])).status_code == 404
    assert browser.post(reverse("reviews:start", args=[slug])).status_code == 404
