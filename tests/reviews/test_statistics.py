"""What reviews add up to: right, counted by the database, in the same few queries for 10,000 of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from residual.accounts.models import User
from residual.progress import services as progress
from residual.reviews import activity, services, statistics
from residual.reviews.bar_chart import HEIGHT, chart
from residual.reviews.models import Card, ReviewLog
from residual.reviews.scheduler import Parameters
from residual.reviews.workload import SHARES, cached_preview
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_question, make_user

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


def gap_of(user: User, first: int) -> tuple[int, int]:
    gap = next(gap for gap in statistics.true_retention(user) if gap.first == first)
    return gap.reviews, gap.right


def test_true_retention_counts_due_reviews_by_the_gap_before() -> None:
    card = make_card()
    answer_card(card)
    answer_card(card, at=MONDAY + days(10))
    answer_card(card, at=MONDAY + days(110), right=False)
    assert (gap_of(card.user, 8), gap_of(card.user, 91)) == ((1, 1), (1, 0))
    assert sum(gap.reviews for gap in statistics.true_retention(card.user)) == 2


def test_early_taken_back_and_other_peoples_answers_do_not_count() -> None:
    card = make_card()
    answer_card(card)
    early = answer_card(card, at=MONDAY + days(1))
    assert early.early
    answer_card(card, at=MONDAY + days(100))
    services.undo(card.user, card.pk, card.revision, "u", MONDAY + days(100))
    assert sum(gap.reviews for gap in statistics.true_retention(card.user)) == 0


def test_days_hold_answers_and_minutes_and_empty_days_too() -> None:
    card = make_card()
    answer_card(card, duration_ms=30_000)
    answer_card(make_card(card.user), duration_ms=600_000)
    found = statistics.days(card.user, TODAY + timedelta(days=1), 3)
    assert [(day.answers, day.minutes) for day in found] == [(0, 0.0), (2, 2.5), (0, 0.0)]


def test_cards_are_counted_by_state() -> None:
    user = make_user()
    for stability, state, suspended, lapses in [
        (None, 0, False, 0),
        (5, 2, False, 9),
        (30, 2, False, 0),
        (1, 3, True, 0),
    ]:
        card = make_card(user)
        Card.objects.filter(pk=card.pk).update(stability=stability, state=state, suspended=suspended, lapses=lapses)
    found = statistics.states(user, 5)
    assert (found.new, found.learning, found.young, found.mature, found.suspended, found.sticking) == (1, 0, 1, 1, 1, 1)
    assert found.total == 4
    assert statistics.states(user, 0).sticking == 0


def test_what_is_overdue_is_due_today() -> None:
    user = make_user()
    for ahead in (-5, 0, 2, 40):
        card = make_card(user)
        Card.objects.filter(pk=card.pk).update(state=2, due_day=TODAY + timedelta(days=ahead))
    make_card(user)
    assert statistics.due_by_day(user, TODAY, 3) == [
        (TODAY + timedelta(days=n), n_due) for n, n_due in enumerate([2, 0, 1])
    ]


def test_the_half_year_joins_answers_and_finished_steps() -> None:
    user = make_user()
    answer_card(make_card(user))
    with time_machine.travel(MONDAY, tick=False):
        progress.complete(user, "lab", "a-lab")
    found = activity.of(user, TODAY)
    assert found.weeks[-1].monday == date(2026, 3, 2)
    assert found.weeks[-1].counts == [2, None, None, None, None, None, None]
    assert (found.days, found.heat.rows, found.heat.columns) == (1, 7, 26)


def test_bars_are_as_high_as_their_share_of_the_highest() -> None:
    bars = chart([("a", 1, "1"), ("b", 4, "4"), ("c", 0, "0")]).bars
    assert [bar.height for bar in bars] == [HEIGHT / 4, HEIGHT, 0]
    assert not chart([("a", 0, "0")])
    assert not chart([])
    assert chart([("a", 0.5, "")], top=1.0).bars[0].height == HEIGHT / 2


def test_a_higher_goal_costs_more_and_the_answer_is_remembered() -> None:
    cache.clear()
    lines = cached_preview(Parameters())
    assert [line.retention for line in lines] == list(SHARES)
    assert lines[0].answers < lines[-1].answers
    assert lines[0].known < lines[-1].known
    assert cached_preview(Parameters()) == lines


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make_user())
    return client


def test_without_cards_the_page_says_where_to_begin(browser: Client) -> None:
    page = browser.get(reverse("reviews:statistics")).content.decode()
    assert 'id="no-cards"' in page
    assert reverse("papers") in page


def test_each_chart_has_a_table_that_says_the_same(client: Client) -> None:
    card = make_card(at=timezone.now())
    answer_card(card, at=timezone.now(), duration_ms=20_000)
    client.force_login(card.user)
    page = client.get(reverse("reviews:statistics")).content.decode()
    for name in ("due", "retention", "time", "states", "activity"):
        assert f'aria-describedby="{name}-table"' in page
        assert f'id="{name}-table"' in page
    assert "no reviews" in page
    assert "None. Questions that you keep losing" in page


def many_reviews(user: User, count: int) -> None:
    """`count` reviews spread over 100 cards and as many days, written at once."""
    question = make_question()
    cards = [make_card(user, make_question(paper=question.paper)) for _ in range(20)]
    row = answer_card(cards[0])
    small: dict[str, Any] = {"weights": [], "before": {}, "after": {}, "preset": {}}
    common = {
        field.name: getattr(row, field.name) for field in ReviewLog._meta.concrete_fields if not field.primary_key
    }
    rows = []
    for number in range(count):
        own = {"card": cards[number % 20], "seq": 10 + number, "idempotency_key": f"many-{number}", "state_before": 2}
        day = TODAY + timedelta(days=number % 100)
        rows.append(ReviewLog(**common | small | own | {"study_day": day, "elapsed_days": 1 + number % 100}))
    ReviewLog.objects.bulk_create(rows, batch_size=500)


def test_ten_thousand_reviews_take_no_more_queries_than_one(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    user = make_user()
    many_reviews(user, 10_000)
    client.force_login(user)
    client.get(reverse("reviews:statistics"))  # fills the cache of the preview
    with django_assert_max_num_queries(14):
        client.get(reverse("reviews:statistics"))
    assert sum(gap.reviews for gap in statistics.true_retention(user)) == 10_000
