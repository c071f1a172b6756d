"""Learned and kept, and what never counts for them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone
from fsrs import Rating

from curriculum.models import Paper, Topic
from residual.accounts.models import User
from residual.progress.models import Completion
from residual.reviews import services
from residual.reviews.models import Card
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_paper, make_question, make_user

pytestmark = pytest.mark.django_db


def share(user: User, about: Paper | Topic, kind: str) -> float:
    completion = Completion.objects.filter(user=user, kind=kind, ref=about.pk).first()
    if completion and completion.completed_at:
        return 1.0
    return completion.share if completion else 0.0


def learned(card: Card) -> float:
    return share(card.user, card.question.about, "quiz_learned")


def kept(card: Card) -> float:
    return share(card.user, card.question.about, "quiz_kept")


def quiz(*kinds: str) -> list[Card]:
    """One learner's cards of one paper."""
    user, paper = make_user(), make_paper()
    return [make_card(user, make_question(kind, paper)) for kind in kinds]


def answered_when_due(card: Card, *, right: bool = True) -> datetime:
    """Answer at the first noon of the day the card is due; give that moment."""
    card.refresh_from_db()
    at = datetime.combine(card.due_day, MONDAY.timetz())
    answer_card(card, right=right, at=at)
    return at


def test_a_quiz_is_learned_when_every_core_question_was_right_once() -> None:
    first, second = quiz("numeric", "shape")
    answer_card(first)
    assert learned(first) == 0.5
    answer_card(second, right=False)
    assert learned(first) == 0.5
    answer_card(second)
    assert learned(first) == 1


def test_a_shown_answer_is_not_learned() -> None:
    (card,) = quiz("numeric")
    answer_card(card, answer=None)
    assert learned(card) == 0


def test_an_answer_given_again_after_undo_is_not_learned() -> None:
    (card,) = quiz("numeric")
    answer_card(card, right=False)
    services.undo(card.user, card.pk, card.revision, "u", MONDAY)
    answer_card(card)
    assert learned(card) == 0


def test_a_self_graded_question_is_learned_on_the_learners_word_alone() -> None:
    (card,) = quiz("self")
    answer_card(card, rating=Rating.Again)
    assert learned(card) == 0
    answer_card(card, rating=Rating.Hard)
    assert learned(card) == 1


def test_questions_that_are_not_core_or_retired_are_not_waited_for() -> None:
    first, second, third = quiz("numeric", "numeric", "numeric")
    second.question.core = False
    second.question.save()
    third.question.retired_at = timezone.now()
    third.question.save()
    answer_card(first)
    assert learned(first) == 1


def test_only_a_due_answer_after_a_week_or_more_is_kept() -> None:
    (card,) = quiz("numeric")
    answer_card(card)
    waits: list[int] = []
    while kept(card) < 1:
        assert len(waits) < 5
        answered_when_due(card)
        waits.append(card.log.order_by("-seq")[0].elapsed_days or 0)
    assert waits[-1] >= 7
    assert all(wait < 7 for wait in waits[:-1])


def test_four_of_five_kept_questions_keep_the_quiz() -> None:
    cards = quiz(*["numeric"] * 5)
    for number, card in enumerate(cards):
        answer_card(card)
        answer_card(card, right=number != 0, at=MONDAY + days(30))
        assert kept(card) == pytest.approx(number / 4)


def test_an_early_answer_is_not_kept() -> None:
    (card,) = quiz("numeric")
    answer_card(card, rating=None)
    answer_card(card, at=MONDAY + days(5))
    Card.objects.filter(pk=card.pk).update(scheduled_day=(MONDAY + days(60)).date())
    row = answer_card(card, at=MONDAY + days(20))
    assert (row.early, row.elapsed_days) == (True, 15)
    assert kept(card) == 0


def test_a_wrong_answer_and_its_retry_in_the_same_session_keep_nothing() -> None:
    (card,) = quiz("numeric")
    answer_card(card)
    answer_card(card, right=False, at=MONDAY + days(30))
    answer_card(card, at=MONDAY + days(30.01))
    assert kept(card) == 0


def test_a_shown_answer_is_not_kept() -> None:
    (card,) = quiz("numeric")
    answer_card(card)
    answer_card(card, answer=None, at=MONDAY + days(30))
    assert kept(card) == 0


def test_a_question_right_on_one_study_day_only_is_not_kept() -> None:
    (card,) = quiz("numeric")
    answer_card(card, right=False)
    Card.objects.filter(pk=card.pk).update(state=2, step=None, stability=20.0, scheduled_day=MONDAY.date())
    answer_card(card, at=MONDAY + days(30))
    assert kept(card) == 0


def test_the_latest_due_review_decides() -> None:
    (card,) = quiz("numeric")
    other = make_card(card.user, make_question(paper=card.question.paper))
    answer_card(card)
    answer_card(card, at=MONDAY + days(30))
    assert kept(card) == 0.5
    answer_card(card, right=False, at=MONDAY + days(200))
    answer_card(other)
    answer_card(other, at=MONDAY + days(230))
    assert kept(other) == 0.5  # one of two, still: the first has been forgotten since


def test_an_answer_taken_back_does_not_count_later() -> None:
    card, other = quiz("numeric", "numeric")
    answer_card(card)
    answer_card(other)
    answer_card(card, at=MONDAY + days(30))
    services.undo(card.user, card.pk, card.revision, "u", MONDAY + days(30))
    answer_card(other, at=MONDAY + days(30))
    assert kept(other) == 0.5


def test_kept_never_falls() -> None:
    (card,) = quiz("numeric")
    answer_card(card)
    answer_card(card, at=MONDAY + days(30))
    assert kept(card) == 1
    answer_card(card, right=False, at=MONDAY + days(300))
    assert kept(card) == 1


def test_self_graded_questions_are_not_counted_for_kept() -> None:
    machine, own = quiz("numeric", "self")
    for at in (MONDAY, MONDAY + days(30)):
        answer_card(machine, at=at)
        answer_card(own, at=at)
    assert kept(machine) == 1


def test_a_quiz_that_no_machine_grades_can_not_be_kept() -> None:
    (card,) = quiz("self")
    answer_card(card)
    answer_card(card, at=MONDAY + days(30))
    assert kept(card) == 0


def test_the_completion_names_the_review_that_proves_it() -> None:
    (card,) = quiz("numeric")
    row = answer_card(card)
    assert Completion.objects.get(user=card.user, kind="quiz_learned").source == f"review:{row.pk}"
