"""An answer that arrives many times at once is one answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from residual.reviews import services
from residual.reviews.models import Card, ReviewLog
from residual.reviews.services import Conflict, Submission
from tests.factories_reviews import MONDAY, RIGHT, make_card, make_paper, make_question, make_user

pytestmark = pytest.mark.usefixtures("real_database")

THREADS = 40  # below PostgreSQL's usual limit of connections


def at_once(act: Callable[[int], object], times: int) -> list[object]:
    """What each of `times` calls gave, made from many threads; a Conflict is given as None."""

    def one(number: int) -> object:
        try:
            return act(number)
        except Conflict:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(times)))


def test_two_hundred_duplicates_make_one_row() -> None:
    card = make_card()
    submission = Submission(card.revision, "same", RIGHT["numeric"])
    rows = at_once(lambda _number: services.answer(card.user, card.pk, submission, MONDAY), 200)
    assert len(set(rows)) == 1
    assert None not in rows
    assert ReviewLog.objects.filter(card=card, kind="review").count() == 1
    card.refresh_from_db()
    assert (card.revision, card.reps) == (2, 1)


def test_of_many_different_answers_to_one_form_exactly_one_counts() -> None:
    card = make_card()
    rows = at_once(
        lambda number: services.answer(card.user, card.pk, Submission(1, f"tab {number}", RIGHT["numeric"]), MONDAY), 40
    )
    assert sum(row is not None for row in rows) == 1
    assert list(card.log.values_list("seq", flat=True)) == [1, 2]


def test_a_quiz_started_many_times_at_once_makes_each_card_once() -> None:
    user, paper = make_user(), make_paper()
    for _ in range(5):
        make_question(paper=paper)
    made = at_once(lambda _number: services.start_quiz(user, paper, MONDAY), 20)
    assert sorted(made) == [0] * 19 + [5]  # type: ignore[type-var]  # numbers all
    assert Card.objects.filter(user=user).count() == 5
