"""Undo adds a row and gives the card back as it was."""

from __future__ import annotations

import pytest

from residual.reviews import services
from residual.reviews.queries import last_answer
from residual.reviews.services import NothingToUndo
from tests.factories_reviews import MONDAY, SPECS, answer_card, days, make_card, make_question

pytestmark = pytest.mark.django_db


def test_undo_gives_the_card_back_as_it_was_before_the_answer() -> None:
    card = make_card()
    answer_card(card)
    before = card.snapshot()
    answer_card(card, at=MONDAY + days(3), right=False)
    row = services.undo(card.user, card.pk, card.revision, "u", MONDAY + days(3))
    card.refresh_from_db()
    assert card.snapshot() == before
    assert (row.kind, row.undoes, row.seq) == ("undo", 3, 4)


def test_undo_twice_takes_back_the_two_answers_of_the_day() -> None:
    card = make_card()
    fresh = card.snapshot()
    answer_card(card, right=False)
    answer_card(card)
    services.undo(card.user, card.pk, 3, "u1", MONDAY)
    row = services.undo(card.user, card.pk, 4, "u2", MONDAY)
    card.refresh_from_db()
    assert row.undoes == 2
    assert card.snapshot() == fresh


def test_the_same_undo_twice_takes_back_one_answer() -> None:
    card = make_card()
    answer_card(card, right=False)
    answer_card(card)
    assert services.undo(card.user, card.pk, 3, "u", MONDAY) == services.undo(card.user, card.pk, 3, "u", MONDAY)


def test_yesterdays_answer_stays() -> None:
    card = make_card()
    answer_card(card)
    with pytest.raises(NothingToUndo):
        services.undo(card.user, card.pk, card.revision, "u", MONDAY + days(1))


def test_a_card_without_answers_has_nothing_to_undo() -> None:
    card = make_card()
    with pytest.raises(NothingToUndo):
        services.undo(card.user, card.pk, 1, "u", MONDAY)


def test_the_answer_of_an_undone_review_counts_as_seen_that_day() -> None:
    card = make_card()
    answer_card(card, right=False)
    services.undo(card.user, card.pk, card.revision, "u", MONDAY)
    assert answer_card(card).revealed
    assert not answer_card(card, at=MONDAY + days(9)).revealed


def test_fresh_numbers_make_a_question_new_after_an_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    card = make_card(question=make_question(spec=SPECS["numeric"] | {"generator": "g", "params": {}}))
    monkeypatch.setattr(services.answering, "instance", lambda question, seed: question)  # noqa: ARG005 - its signature
    answer_card(card, right=False)
    services.undo(card.user, card.pk, card.revision, "u", MONDAY)
    assert not answer_card(card).revealed


def test_the_last_answer_skips_what_was_taken_back() -> None:
    card = make_card()
    first = answer_card(card, right=False)
    answer_card(card)
    services.undo(card.user, card.pk, card.revision, "u", MONDAY)
    assert last_answer(card.user, MONDAY) == first
    assert last_answer(card.user, MONDAY + days(1)) is None
