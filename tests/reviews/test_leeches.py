"""A question known and lost again and again is called a sticking point, and put away only where that is wanted."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from residual.reviews import ledger, services
from residual.reviews.entries import replay
from residual.reviews.leeches import turned_leech
from residual.reviews.models import Card, Preset, ReviewLog
from tests.factories import make_check, make_lab
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_question, make_user

pytestmark = pytest.mark.django_db


def lapsed(times: int, **preset: object) -> tuple[Card, ReviewLog]:
    """A card that was known and lost `times` times, and its last answer."""
    card = make_card()
    Preset.objects.create(user=card.user, leech_lapses=2, maximum_interval=5, **preset)
    at = MONDAY
    for _ in range(times):
        answer_card(card, at=at)
        at += days(10)
        row = answer_card(card, right=False, at=at)
        at += days(1)
    return card, row


@pytest.mark.parametrize(
    ("before", "after", "threshold", "told"),
    [(4, 5, 5, True), (5, 5, 5, False), (3, 4, 5, False), (6, 7, 5, True), (5, 6, 5, False), (0, 1, 0, False)],
)
def test_the_learner_is_told_at_the_threshold_and_every_half_of_it_after(
    before: int, after: int, threshold: int, told: bool
) -> None:
    assert turned_leech(before, after, threshold) is told


def test_by_default_it_is_marked_and_still_asked(client: Client) -> None:
    card, row = lapsed(2)
    lab = make_lab(checks=())
    make_check(lab, "scaling", skill=card.question.skill)
    client.force_login(card.user)
    page = client.get(reverse("reviews:verdict", args=[row.pk])).content.decode()
    assert 'id="sticking-point"' in page
    assert lab.get_absolute_url() in page
    assert not Card.objects.get().suspended
    assert "sticking point" in client.get(reverse("reviews:quiz", args=[card.question.about.slug])).content.decode()


def test_one_lapse_less_is_no_sticking_point(client: Client) -> None:
    card, row = lapsed(1)
    client.force_login(card.user)
    assert 'id="sticking-point"' not in client.get(reverse("reviews:verdict", args=[row.pk])).content.decode()


def test_the_preset_may_put_it_away() -> None:
    card, row = lapsed(2, suspend_leeches=True)
    card.refresh_from_db()
    assert card.suspended
    last = card.log.order_by("-seq")[0]
    assert (last.kind, last.caused_by) == (ReviewLog.Kind.SUSPEND, row.pk)
    assert replay(ledger.entries(card)) == card.snapshot()


def test_undo_brings_it_back() -> None:
    card, row = lapsed(2, suspend_leeches=True)
    card.refresh_from_db()
    services.undo(card.user, card.pk, card.revision, "u", row.at)
    card.refresh_from_db()
    assert not card.suspended


def test_a_question_links_to_its_paper_its_section_and_its_lab(client: Client) -> None:
    user = make_user()
    card = make_card(user, make_question())
    lab = make_lab(checks=())
    make_check(lab, "scaling", skill=card.question.skill)
    client.force_login(user)
    page = client.get(reverse("reviews:session")).content.decode()
    paper = card.question.paper
    assert paper is not None
    for address in (reverse("paper", args=[paper.slug]), paper.url, lab.get_absolute_url()):
        assert f'href="{address}"' in page
