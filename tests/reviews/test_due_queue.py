"""Which cards are asked, in which order, and when the day is done."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from residual.reviews import services
from residual.reviews.day_plan import interleaved
from residual.reviews.models import Card, Preset
from residual.reviews.queries import due, due_count, forecast, today
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_paper, make_question, make_user

pytestmark = pytest.mark.django_db


def test_a_new_card_is_asked_at_once_and_then_stays_away() -> None:
    card = make_card()
    assert due(card.user, MONDAY) == [card]
    answer_card(card)
    assert due(card.user, MONDAY) == []
    assert due(card.user, MONDAY + days(30)) == [card]


def test_retries_come_before_reviews_and_reviews_before_new_cards() -> None:
    user = make_user()
    new, review, retry = make_card(user), make_card(user), make_card(user)
    answer_card(review)
    later = MONDAY + days(30)
    answer_card(retry, right=False, at=later - days(0.01))
    assert due(user, later) == [retry, review, new]


def test_a_step_about_to_end_is_asked_when_nothing_else_is_left() -> None:
    user = make_user()
    missed, other = make_card(user), make_card(user)
    answer_card(missed, right=False)
    assert due(user, MONDAY) == [other, missed]


def test_a_step_that_ends_later_is_not_asked_yet() -> None:
    user = make_user()
    Preset.objects.create(user=user, learning_minutes=[60])
    answer_card(make_card(user), right=False)
    assert due(user, MONDAY) == []
    assert due_count(user, MONDAY + days(0.05)) == 1


def test_papers_take_turns() -> None:
    user, first, second = make_user(), make_paper(), make_paper()
    a1, a2, a3 = (make_card(user, make_question(paper=first)) for _ in range(3))
    b1, b2 = (make_card(user, make_question(paper=second)) for _ in range(2))
    assert interleaved([a1, a2, a3, b1, b2], _paper, None) == [a1, b1, a2, b2, a3]
    assert interleaved([a1, b1], _paper, first.pk) == [b1, a1]
    answer_card(a1)
    assert due(user, MONDAY)[0] == b1


def _paper(card: Card) -> str:
    return card.question.about_id


def test_the_daily_limit_of_new_cards_holds_over_the_day() -> None:
    user = make_user()
    Preset.objects.create(user=user, daily_new=2)
    cards = [make_card(user) for _ in range(4)]
    assert due_count(user, MONDAY) == 2
    answer_card(cards[0])
    answer_card(cards[1])
    day = today(user, MONDAY)
    assert (day.total, day.held_new, day.answered) == (0, 2, 2)
    assert due_count(user, MONDAY + days(1)) == 2


def test_the_daily_limit_of_reviews_holds_over_the_day() -> None:
    user = make_user()
    Preset.objects.create(user=user, daily_reviews=1)
    cards = [make_card(user) for _ in range(3)]
    for card in cards:
        answer_card(card)
    later = MONDAY + days(30)
    assert today(user, later).held_reviews == 2
    answer_card(cards[0], at=later)
    assert due(user, later) == []


def test_no_card_is_begun_once_the_days_minutes_are_spent() -> None:
    user = make_user()
    Preset.objects.create(user=user, daily_minutes=5, daily_new=50)
    cards = [make_card(user) for _ in range(20)]
    assert today(user, MONDAY).new == 8
    answer_card(cards[0], duration_ms=60_000)
    assert today(user, MONDAY).new == 5
    answer_card(cards[1], duration_ms=3_600_000)  # a walk: it counts for two minutes
    day = today(user, MONDAY)
    assert (day.total, day.held, day.out_of_time) == (0, 18, True)
    assert due(user, MONDAY) == []
    assert len(due(user, MONDAY + days(1))) == 8


def test_a_retry_that_no_longer_fits_comes_first_tomorrow() -> None:
    user = make_user()
    missed, other = make_card(user), make_card(user)
    Preset.objects.create(user=user, daily_minutes=3)
    answer_card(missed, right=False, duration_ms=90_000)
    assert due(user, MONDAY) == [missed]
    answer_card(missed, right=False, duration_ms=20_000)
    assert due(user, MONDAY) == []
    assert (today(user, MONDAY).held_retries, today(user, MONDAY).out_of_time) == (1, True)
    assert due(user, MONDAY + days(1)) == [missed, other]


def test_an_undone_new_card_does_not_use_up_the_limit_twice() -> None:
    user = make_user()
    Preset.objects.create(user=user, daily_new=2)
    card, other = make_card(user), make_card(user)
    answer_card(card)
    services.undo(user, card.pk, card.revision, "u", MONDAY)
    answer_card(card)
    assert due(user, MONDAY) == [other]


def test_retired_questions_are_not_asked() -> None:
    card = make_card()
    card.question.retired_at = timezone.now()
    card.question.save()
    assert due(card.user, MONDAY) == []
    assert due_count(card.user, MONDAY) == 0


def test_nobody_is_asked_another_learners_cards() -> None:
    make_card()
    assert due(make_user(), MONDAY) == []


def test_the_count_is_the_length_of_the_queue() -> None:
    user = make_user()
    cards = [make_card(user) for _ in range(14)]
    for card in cards[:3]:
        answer_card(card, right=False)
    assert due_count(user, MONDAY) == len(due(user, MONDAY)) == 3 + 7


def test_the_count_takes_one_query_however_many_cards_there_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_user()
    for number in range(6):
        answer_card(make_card(user), right=number % 2 == 0)
    with django_assert_num_queries(1):
        due_count(user, MONDAY)


def test_the_queue_takes_the_same_queries_however_many_cards_there_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_user()
    for _ in range(8):
        make_card(user)
    with django_assert_num_queries(3):
        assert [card.question.about.title for card in due(user, MONDAY)]


def test_the_forecast_counts_what_falls_due_on_each_day() -> None:
    user = make_user()
    days_due = [_answered(user).due_day for _ in range(5)]
    expected = forecast(user, 14, MONDAY)
    assert len(expected) == 14
    assert expected[0].day == (MONDAY + days(1)).date()
    assert all(day.cards == days_due.count(day.day) for day in expected)
    assert sum(day.cards for day in expected) == 5


def _answered(user: object) -> Card:
    card = make_card(user)  # type: ignore[arg-type]  # a User
    answer_card(card)
    return card
