"""Two tabs, one card: the second answer is refused and given back."""

from __future__ import annotations

import pytest

from residual.reviews import services
from residual.reviews.models import ReviewLog
from residual.reviews.services import Conflict, Submission
from tests.factories_reviews import MONDAY, RIGHT, answer_card, make_card, make_user

pytestmark = pytest.mark.django_db


def test_an_answer_from_a_stale_tab_is_refused_and_comes_back_whole() -> None:
    card = make_card()
    stale = Submission(card.revision, "stale", {"text": "2**26"})
    answer_card(card, right=False)
    with pytest.raises(Conflict) as conflict:
        services.answer(card.user, card.pk, stale, MONDAY)
    assert conflict.value.submission == stale
    assert conflict.value.card.revision == 2
    assert ReviewLog.objects.filter(card=card).count() == 2


@pytest.mark.parametrize("act", [services.suspend, services.bury, services.resume, services.undo])
def test_no_action_of_a_stale_tab_is_taken(act: object) -> None:
    card = make_card()
    answer_card(card)
    with pytest.raises(Conflict):
        act(card.user, card.pk, 1, "stale")  # type: ignore[operator]  # four functions of one signature


def test_the_same_key_for_another_card_is_refused() -> None:
    user = make_user()
    first, second = make_card(user), make_card(user)
    services.answer(user, first.pk, Submission(1, "k", RIGHT["numeric"]))
    with pytest.raises(Conflict):
        services.answer(user, second.pk, Submission(1, "k", RIGHT["numeric"]))


def test_the_same_key_again_gives_the_same_row() -> None:
    card = make_card()
    submission = Submission(1, "k", RIGHT["numeric"])
    first = services.answer(card.user, card.pk, submission, MONDAY)
    assert services.answer(card.user, card.pk, submission, MONDAY) == first
    card.refresh_from_db()
    assert (card.revision, card.reps) == (2, 1)


def test_two_learners_may_use_the_same_key() -> None:
    for _ in range(2):
        card = make_card()
        assert services.answer(card.user, card.pk, Submission(1, "k", RIGHT["numeric"])).correct
