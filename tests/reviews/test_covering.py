"""A right answer to a harder question puts off the easier one that it contains, and says nothing about its memory."""

from __future__ import annotations

from datetime import datetime

import pytest

from residual.accounts.models import User
from residual.reviews import ledger, services
from residual.reviews.day_plan import easier_first, harder_first
from residual.reviews.entries import replay
from residual.reviews.models import Card, ReviewLog
from residual.reviews.queries import due
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_question, make_user

pytestmark = pytest.mark.django_db
LATER = MONDAY + days(60)  # both are due by then


def pair(user: User | None = None) -> tuple[Card, Card]:
    """An easier and a harder card of one learner, both in review and due on LATER."""
    user = user or make_user()
    easier = make_question()
    harder = make_question(covers=[easier.pk])
    cards = make_card(user, easier), make_card(user, harder)
    for card in cards:
        answer_card(card)
    return cards


def again(card: Card) -> Card:
    card.refresh_from_db()
    return card


def test_the_harder_question_is_asked_first() -> None:
    easier, harder = pair()
    assert due(easier.user, LATER) == [harder, easier]


def test_new_questions_come_in_the_other_order() -> None:
    user, easier = make_user(), make_question()
    harder = make_question(covers=[easier.pk], paper=easier.paper)
    cards = [make_card(user, harder), make_card(user, easier)]
    assert due(user, MONDAY) == cards[::-1]


def test_a_right_answer_puts_the_easier_card_off_by_half_its_gap() -> None:
    easier, harder = pair()
    before = again(easier).snapshot()
    answer_card(harder, at=LATER)
    after = again(easier).snapshot()
    assert before.scheduled_day is not None and before.last_day is not None  # noqa: PT018 - for the type checker
    gap = (before.scheduled_day - before.last_day).days
    assert (after.due_day - LATER.date()).days == max(1, gap // 2)
    assert (after.stability, after.difficulty, after.reps) == (before.stability, before.difficulty, before.reps)
    assert (after.last_day, after.scheduled_day) == (before.last_day, before.scheduled_day)
    assert due(easier.user, LATER) == []


def test_the_log_has_a_row_of_its_own_kind_that_no_fit_takes_for_a_review() -> None:
    easier, harder = pair()
    answer = answer_card(harder, at=LATER)
    row = easier.log.order_by("-seq")[0]
    assert (row.kind, row.rating, row.caused_by) == (ReviewLog.Kind.COVERED, None, answer.pk)
    assert replay(ledger.entries(easier)) == again(easier).snapshot()


def test_it_is_put_off_once_and_then_asked_itself() -> None:
    easier, harder = pair()
    answer_card(harder, at=LATER)
    much_later = LATER + days(400)
    answer_card(harder, at=much_later)
    assert due(easier.user, much_later) == [easier]
    answer_card(easier, at=much_later)
    assert again(easier).covered_day is None


def test_its_next_own_answer_counts_as_due_and_not_as_early() -> None:
    easier, harder = pair()
    answer_card(harder, at=LATER)
    assert not answer_card(easier, at=LATER + days(90)).early


@pytest.mark.parametrize("how", [{"right": False}, {"answer": None}], ids=["wrong", "shown"])
def test_an_answer_that_was_not_right_unaided_covers_nothing(how: dict[str, object]) -> None:
    easier, harder = pair()
    answer_card(harder, at=LATER, **how)  # type: ignore[arg-type]  # one of two fields
    assert again(easier).covered_day is None


def test_an_early_answer_covers_nothing() -> None:
    easier, harder = pair()
    answer_card(easier, at=MONDAY + days(10))
    answer_card(harder, at=MONDAY + days(1))
    assert again(easier).covered_day is None


def test_a_card_that_a_failed_check_points_at_is_asked_all_the_same() -> None:
    easier, harder = pair()
    Card.objects.filter(pk=easier.pk).update(due_reason="a lab failed")
    assert due(easier.user, LATER) == [easier, harder]
    answer_card(harder, at=LATER)
    assert again(easier).covered_day is None


def test_nobody_elses_card_is_put_off() -> None:
    easier, harder = pair()
    other = make_card(make_user(), easier.question)
    answer_card(other)
    answer_card(harder, at=LATER)
    assert again(other).covered_day is None


def undone(harder: Card, key: str, at: datetime) -> None:
    harder.refresh_from_db()
    services.undo(harder.user, harder.pk, harder.revision, key, at)


def test_undo_takes_the_cover_back_too() -> None:
    easier, harder = pair()
    before = again(easier).snapshot()
    answer_card(harder, at=LATER)
    undone(harder, "u", LATER)
    assert again(easier).snapshot() == before
    assert replay(ledger.entries(easier)) == before


def test_undo_leaves_a_covered_card_that_something_has_happened_to_since() -> None:
    easier, harder = pair()
    answer_card(harder, at=LATER)
    services.suspend(easier.user, easier.pk, again(easier).revision, "s")
    undone(harder, "u", LATER)
    assert again(easier).suspended


def test_chains_are_asked_from_the_hardest_down_and_met_from_the_easiest_up() -> None:
    covers = {"a": [], "b": ["a"], "c": ["b"], "x": []}
    assert harder_first(["a", "b", "c", "x"], str, covers.__getitem__) == ["c", "x", "b", "a"]
    assert easier_first(["c", "b", "a", "x"], str, covers.__getitem__) == ["a", "b", "c", "x"]
