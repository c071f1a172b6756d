"""Taking an answer: rating, schedule, log."""

from __future__ import annotations

import pytest
from fsrs import Rating

from residual.reviews import services
from residual.reviews.grading import Unreadable
from residual.reviews.models import Card, Preset, ReviewLog
from residual.reviews.scheduler import DEFAULT_WEIGHTS, MODEL_VERSION
from residual.reviews.services import Submission
from residual.reviews.snapshot import State
from tests.factories_reviews import MONDAY, RIGHT, answer_card, days, make_card, make_question, make_user

pytestmark = pytest.mark.django_db


def test_a_right_answer_is_rated_good_and_goes_away_for_days() -> None:
    card = make_card()
    row = answer_card(card)
    assert (row.rating, row.correct, row.machine_graded, row.revealed) == (Rating.Good, True, True, False)
    assert card.state == State.REVIEW
    assert card.due_day > MONDAY.date()


def test_a_wrong_answer_is_rated_again_and_comes_back_in_minutes() -> None:
    card = make_card()
    row = answer_card(card, right=False)
    assert (row.rating, row.correct) == (Rating.Again, False)
    assert (card.due - MONDAY).total_seconds() == 600


def test_giving_up_counts_as_a_wrong_answer_that_was_shown() -> None:
    row = answer_card(make_card(), answer=None)
    assert (row.rating, row.correct, row.revealed) == (Rating.Again, False, True)


def test_an_unreadable_answer_costs_nothing() -> None:
    card = make_card()
    with pytest.raises(Unreadable):
        answer_card(card, answer={"text": "what?"})
    card.refresh_from_db()
    assert (card.revision, card.reps) == (1, 0)


def test_a_self_graded_question_takes_the_learners_rating() -> None:
    card = make_card(question=make_question("self"))
    row = answer_card(card, rating=Rating.Hard)
    assert (row.rating, row.correct, row.machine_graded) == (Rating.Hard, True, False)


def test_a_self_graded_question_without_a_rating_is_asked_again() -> None:
    with pytest.raises(Unreadable):
        answer_card(make_card(question=make_question("self")), rating=None)


def test_a_machine_graded_question_does_not_take_the_learners_word() -> None:
    assert answer_card(make_card(), right=False, rating=Rating.Easy).rating == Rating.Again


def test_the_row_says_what_it_was_scheduled_by() -> None:
    user = make_user(time_zone="Europe/Berlin", rollover_hour=3)
    Preset.objects.create(user=user, version=7, desired_retention=0.85, learning_minutes=[2, 20])
    row = answer_card(make_card(user))
    assert (row.model_version, row.preset_version) == (MODEL_VERSION, 7)
    assert tuple(row.weights) == DEFAULT_WEIGHTS
    assert row.preset["desired_retention"] == 0.85
    assert row.preset["learning_minutes"] == [2, 20]
    assert (row.preset["time_zone"], row.preset["rollover_hour"]) == ("Europe/Berlin", 3)


def test_elapsed_time_is_counted_in_study_days() -> None:
    card = make_card()
    answer_card(card)
    row = answer_card(card, at=MONDAY + days(2.7))
    assert row.elapsed_days == 2  # Thursday 02:48 still belongs to Wednesday
    assert row.seq == 3


def test_an_answer_before_its_day_is_marked_early() -> None:
    card = make_card()
    answer_card(card)
    assert answer_card(card, at=MONDAY + days(1)).early
    assert not answer_card(card, at=MONDAY + days(60)).early


def test_another_learners_card_does_not_exist() -> None:
    card = make_card()
    with pytest.raises(Card.DoesNotExist):
        services.answer(make_user(), card.pk, Submission(1, "k", RIGHT["numeric"]))


def test_each_presentation_of_a_parameterised_question_draws_other_numbers() -> None:
    card = make_card()
    seeds = {answer_card(card, at=MONDAY + days(20 * n)).seed for n in range(5)}
    assert len(seeds) == 5


def test_a_right_answer_can_be_rated_easy_instead() -> None:
    card = make_card()
    row = answer_card(card)
    good_day = card.due_day
    again = services.rerate(card.user, row.pk, Rating.Easy, "easy", MONDAY)
    card.refresh_from_db()
    assert (again.rating, again.correct, again.answer) == (Rating.Easy, True, row.answer)
    assert card.due_day > good_day
    assert [r.kind for r in card.log.order_by("seq")] == ["introduce", "review", "undo", "review"]
    assert card.reps == 1


def test_rating_the_same_answer_twice_with_one_key_changes_it_once() -> None:
    card = make_card()
    row = answer_card(card)
    first = services.rerate(card.user, row.pk, Rating.Easy, "easy", MONDAY)
    assert services.rerate(card.user, row.pk, Rating.Easy, "easy", MONDAY) == first
    assert ReviewLog.objects.filter(card=card).count() == 4


def test_a_wrong_answer_can_not_be_rated_as_a_pass() -> None:
    row = answer_card(make_card(), right=False)
    with pytest.raises(Unreadable):
        services.rerate(row.user, row.pk, Rating.Good, "k", MONDAY)


def test_yesterdays_answer_can_not_be_rated_again() -> None:
    row = answer_card(make_card())
    with pytest.raises(services.Conflict):
        services.rerate(row.user, row.pk, Rating.Easy, "k", MONDAY + days(1))
