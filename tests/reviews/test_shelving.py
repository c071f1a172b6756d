"""Suspending and burying."""

from __future__ import annotations

import pytest
from django.utils import timezone

from residual.reviews import services
from residual.reviews.queries import due, due_count
from tests.factories_reviews import days, make_card

pytestmark = pytest.mark.django_db


def test_a_suspended_card_is_not_asked_until_it_is_resumed() -> None:
    card = make_card(at=timezone.now())
    services.suspend(card.user, card.pk, 1, "s")
    assert due(card.user, timezone.now() + days(100)) == []
    services.resume(card.user, card.pk, 2, "r")
    assert due(card.user) == [card]


def test_a_buried_card_is_asked_again_on_the_next_study_day() -> None:
    now = timezone.now()
    card = make_card(at=now)
    services.bury(card.user, card.pk, 1, "b")
    assert due_count(card.user, now) == 0
    assert due_count(card.user, now + days(1)) == 1


def test_shelving_twice_with_one_key_writes_one_row() -> None:
    card = make_card()
    services.suspend(card.user, card.pk, 1, "s")
    assert services.suspend(card.user, card.pk, 1, "s").suspended
    assert card.log.count() == 2
