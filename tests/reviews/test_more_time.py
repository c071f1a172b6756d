"""After the day's minutes are spent a learner may go on, ten minutes at a time, and tomorrow is as it was."""

from __future__ import annotations

import pytest
from django.test import Client

from residual.accounts.models import User
from residual.reviews import services
from residual.reviews.models import Preset
from residual.reviews.queries import due, today
from residual.reviews.services.more_time import MOST
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def spent() -> User:
    """One whose five minutes are over while eighteen new questions wait."""
    user = make_user()
    Preset.objects.create(user=user, daily_minutes=5, daily_new=50)
    for card in [make_card(user) for _ in range(20)][:3]:
        answer_card(card, duration_ms=120_000)
    assert due(user, MONDAY) == []
    return user


def test_ten_more_minutes_bring_more_questions_today(spent: User) -> None:
    assert services.more_time(spent, MONDAY) == 10
    day = today(spent, MONDAY)
    assert day.minutes == 15
    assert len(due(spent, MONDAY)) == day.new > 5


def test_they_add_up_and_end_somewhere(spent: User) -> None:
    assert [services.more_time(spent, MONDAY) for _ in range(20)][1::18] == [20, MOST]


def test_the_next_day_begins_with_the_usual_minutes(spent: User) -> None:
    services.more_time(spent, MONDAY)
    services.more_time(spent, MONDAY)
    assert today(spent, MONDAY + days(1)).minutes == 5
    assert services.more_time(spent, MONDAY + days(1)) == 10


def test_one_learner_s_wish_is_not_another_one_s(spent: User) -> None:
    other = make_user()
    services.more_time(other, MONDAY)
    assert today(spent, MONDAY).minutes == 5


def test_the_button_is_there_once_the_minutes_are_spent_and_leads_on(client: Client) -> None:
    user = make_user()
    Preset.objects.create(user=user, daily_minutes=2, daily_new=50)
    client.force_login(user)
    for card in [make_card(user) for _ in range(9)][:2]:
        answer_card(card, duration_ms=120_000)
    assert 'id="more-time"' in client.get("/reviews/").content.decode()
    html = client.post("/reviews/more/", follow=True).content.decode()
    assert 'id="more-time"' not in html
    assert 'id="answer-form"' in html


def test_it_takes_a_click_and_no_link(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/reviews/more/").status_code == 405
