"""A failed lab check makes a card of its skill due."""

from __future__ import annotations

from datetime import datetime

import pytest

from residual.accounts.models import User
from residual.progress.models import Evidence
from residual.reviews import services
from residual.reviews.models import Card, ReviewLog
from residual.reviews.queries import due
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_question, make_user

pytestmark = pytest.mark.django_db

REASON = "transformer-block failed mask before softmax"


def point(user: User, skill: str, at: datetime = MONDAY) -> Evidence:
    return Evidence.objects.create(user=user, skill=skill, reason=REASON, study_day=user.study_day(at))


def test_the_skills_card_comes_due_with_the_reason_and_its_memory_untouched() -> None:
    card = make_card(question=make_question(skill="masking"))
    answer_card(card)
    before = card.snapshot()
    point(card.user, "masking")
    assert services.take_up_evidence(card.user, MONDAY + days(1)) == 1
    card.refresh_from_db()
    assert due(card.user, MONDAY + days(1)) == [card]
    assert card.due_reason == REASON
    assert (card.stability, card.difficulty, card.reps) == (before.stability, before.difficulty, before.reps)
    assert card.scheduled_day == before.scheduled_day


def test_the_log_says_so_without_a_rating() -> None:
    card = make_card(question=make_question(skill="masking"))
    point(card.user, "masking")
    services.take_up_evidence(card.user, MONDAY)
    row = card.log.order_by("-seq")[0]
    assert (row.kind, row.rating, row.reason) == ("evidence", None, REASON)


def test_the_shakiest_card_of_the_skill_is_taken_and_only_that_one() -> None:
    user = make_user()
    strong, shaky = (make_card(user, make_question(skill="masking")) for _ in range(2))
    answer_card(strong)
    answer_card(shaky, right=False)
    answer_card(shaky)
    point(user, "masking")
    services.take_up_evidence(user, MONDAY + days(0.5))
    assert [card.pk for card in Card.objects.exclude(due_reason="")] == [shaky.pk]


def test_a_skill_without_a_card_gets_one_core_questions_first() -> None:
    user = make_user()
    make_question(skill="masking", core=False)
    core = make_question(skill="masking")
    point(user, "masking")
    services.take_up_evidence(user, MONDAY)
    card = Card.objects.get(user=user)
    assert (card.question, card.due_reason) == (core, REASON)


def test_a_skill_that_no_question_teaches_is_done_with() -> None:
    user = make_user()
    evidence = point(user, "masking")
    assert services.take_up_evidence(user, MONDAY) == 0
    evidence.refresh_from_db()
    assert evidence.consumed_at is not None


def test_suspended_cards_stay_put_away() -> None:
    card = make_card(question=make_question(skill="masking"))
    services.suspend(card.user, card.pk, 1, "s")
    point(card.user, "masking")
    assert services.take_up_evidence(card.user, MONDAY) == 0


def test_at_most_two_cards_a_day_come_from_failed_checks_and_the_rest_waits() -> None:
    user = make_user()
    for number in range(5):
        make_card(user, make_question(skill=f"s{number}"))
        point(user, f"s{number}")
    assert services.take_up_evidence(user, MONDAY) == 2
    assert services.take_up_evidence(user, MONDAY) == 0
    assert services.take_up_evidence(user, MONDAY + days(1)) == 2
    assert ReviewLog.objects.filter(user=user, kind="evidence").count() == 4


def test_an_answer_it_brought_forward_is_early_and_clears_the_reason() -> None:
    card = make_card(question=make_question(skill="masking"))
    answer_card(card)
    answer_card(card, at=MONDAY + days(20))
    point(card.user, "masking")
    services.take_up_evidence(card.user, MONDAY + days(21))
    row = answer_card(card, at=MONDAY + days(21))
    assert (row.early, card.due_reason) == (True, "")
