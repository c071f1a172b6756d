"""A card can be rebuilt from its log."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from fsrs import Rating
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from residual.progress.models import Evidence
from residual.reviews import ledger, services
from residual.reviews.entries import replay
from residual.reviews.models import Card, Preset
from residual.reviews.services import NothingToUndo
from tests.factories_reviews import MONDAY, answer_card, make_card, make_question, make_user

pytestmark = pytest.mark.django_db

ACTIONS = st.sampled_from(
    ["right", "wrong", "give up", "easy", "undo", "suspend", "resume", "bury", "harder", "evidence", "preset", "travel"]
)
CHANGED = {
    "maximum_interval": 30,
    "learning_minutes": [1, 10],
    "easy_days": [100, 50, 100, 100, 100, 0, 0],
    "leech_lapses": 1,
    "suspend_leeches": True,
}
STEPS = st.lists(st.tuples(ACTIONS, st.floats(0, 60)), max_size=10)


def act(card: Card, action: str, at: datetime, number: int) -> None:
    user, key = card.user, f"{card.pk}-{number}"
    if action in {"right", "wrong"}:
        answer_card(card, right=action == "right", at=at)
    elif action == "give up":
        answer_card(card, answer=None, at=at)
    elif action == "easy":
        services.rerate(user, answer_card(card, at=at).pk, Rating.Easy, key, at)
    elif action == "undo":
        undo(card, key, at)
    elif action == "evidence":
        Evidence.objects.filter(user=user).delete()
        Evidence.objects.create(user=user, skill=card.question.skill, reason="a lab", study_day=user.study_day(at))
        services.take_up_evidence(user, at)
    elif action == "harder":
        harder = make_card(user, make_question(covers=[card.question_id]), at - timedelta(days=99))
        Card.objects.filter(pk=harder.pk).update(due_day=at.date() - timedelta(days=1))
        answer_card(harder, at=at)
    elif action in {"suspend", "resume", "bury"}:
        getattr(services, action)(user, card.pk, card.revision, key)
    elif action == "preset":
        Preset.objects.update_or_create(user=user, defaults=CHANGED)
    else:
        user.time_zone = "Pacific/Honolulu"
        user.save(update_fields=["time_zone"])


def undo(card: Card, key: str, at: datetime) -> None:
    try:
        services.undo(card.user, card.pk, card.revision, key, at)
    except NothingToUndo:
        return


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_replaying_the_log_gives_the_card_to_a_millionth(steps: list[tuple[str, float]]) -> None:
    card, at = make_card(make_user(time_zone="Asia/Tokyo"), make_question()), MONDAY
    for number, (action, gap) in enumerate(steps):
        at += timedelta(days=gap)
        act(card, action, at, number)
        card.refresh_from_db()
    rebuilt = replay(ledger.entries(card))
    stored = card.snapshot()
    assert rebuilt.stability == pytest.approx(stored.stability, abs=1e-6)
    assert rebuilt.difficulty == pytest.approx(stored.difficulty, abs=1e-6)
    assert rebuilt == stored


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_rows_are_numbered_without_a_gap_and_chained(steps: list[tuple[str, float]]) -> None:
    card, at = make_card(), MONDAY
    for number, (action, gap) in enumerate(steps):
        at += timedelta(days=gap)
        act(card, action, at, number)
        card.refresh_from_db()
    rows = list(card.log.order_by("seq"))
    assert [row.seq for row in rows] == list(range(1, card.revision + 1))
    assert all(later.before == earlier.after for earlier, later in pairwise(rows))
    assert all(row.elapsed_days is None or row.elapsed_days >= 0 for row in rows)


def test_a_log_without_an_introduction_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to replay"):
        replay([])
    card = make_card()
    answer_card(card)
    with pytest.raises(ValueError, match="begins with an introduction"):
        replay(ledger.entries(card)[1:])
