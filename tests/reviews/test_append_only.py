"""The database refuses to rewrite the log, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from residual.accounts.models import User
from residual.reviews.models import Card, ErasureTicket, ReviewLog
from residual.reviews.services import erase_reviews
from tests.factories_reviews import answer_card, make_card

pytestmark = pytest.mark.usefixtures("real_database")


def refused(change: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            change()
    except DatabaseError as error:
        return "append-only" in str(error)
    return False


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_row_can_not_be_changed() -> None:
    row = answer_card(make_card())
    assert refused(lambda: ReviewLog.objects.filter(pk=row.pk).update(rating=4))
    row.rating = 4
    assert refused(row.save)
    row.refresh_from_db()
    assert row.rating == 3


def test_a_row_can_not_be_deleted() -> None:
    row = answer_card(make_card())
    assert refused(row.delete)
    assert ReviewLog.objects.filter(pk=row.pk).exists()


def test_the_table_can_not_be_emptied_at_once(real_database: str) -> None:
    answer_card(make_card())
    empty = {"sqlite": "DELETE FROM reviews_reviewlog", "postgresql": "TRUNCATE reviews_reviewlog CASCADE"}
    assert refused(lambda: execute(empty[real_database]))


def test_a_learner_who_leaves_takes_their_rows_and_nobody_elses() -> None:
    leaving, staying = answer_card(make_card()), answer_card(make_card())
    user = leaving.user
    erase_reviews(user)
    user.delete()
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Card.objects.filter(pk=leaving.card_id).exists()
    assert ReviewLog.objects.filter(card=staying.card_id).count() == 2
    assert not ErasureTicket.objects.exists()


def test_the_log_is_guarded_again_after_an_erasure() -> None:
    row = answer_card(make_card())
    erase_reviews(answer_card(make_card()).user)
    assert refused(row.delete)


def test_flush_empties_the_log_and_leaves_it_guarded() -> None:
    answer_card(make_card())
    call_command("flush", interactive=False, verbosity=0)
    assert not ReviewLog.objects.exists()
    assert refused(answer_card(make_card()).delete)
