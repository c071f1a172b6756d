"""Weights are fitted to reviews, judged on reviews they have not seen, and kept only where they predict better."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from fsrs import Rating

from residual.accounts.models import User
from residual.reviews import ledger, scheduler, services
from residual.reviews.entries import replay
from residual.reviews.models import Card, Fit, Preset, ReviewLog
from residual.reviews.presets import preset_of
from residual.reviews.scheduler import DEFAULT_WEIGHTS, Parameters
from residual.reviews.snapshot import Snapshot
from tests.factories_reviews import MONDAY, answer_card, days, make_card, make_question, make_user
from tests.needs import lacking

try:
    from residual.reviews import fitting
    from residual.reviews.fitting import History, Review, TooFewReviewsError
    from residual.reviews.services.refitting import histories
except ModuleNotFoundError as missing:  # an environment from before this dependency
    lacking(f"fsrs-rs-python: {missing}")

FORGETFUL = tuple(
    weight * 0.3 if place < 4 else weight - 1 if place == 8 else weight for place, weight in enumerate(DEFAULT_WEIGHTS)
)


def studied(cards: int, weights: tuple[float, ...] = FORGETFUL, reviews: int = 8) -> list[History]:
    """Histories of a learner whose memory has these weights, asked when the default weights want it."""
    found: list[History] = []
    chance, order = random.Random(7), 0  # noqa: S311 - a made-up learner
    for _card in range(cards):
        seen = true = Snapshot(due=scheduler.NOON, due_day=date(2000, 1, 1))
        day, history = date(2000, 1, 1), list[Review]()
        for place in range(reviews):
            gap = 0 if place == 0 else max(1, round(seen.stability or 1))
            day += timedelta(days=gap)
            known = chance.random() < (
                scheduler.retrievability(true, day, Parameters(weights=weights)) if place else 0.6
            )
            rating = Rating.Good if known else Rating.Again
            seen = scheduler.remember(seen, rating, day, Parameters())
            true = scheduler.remember(true, rating, day, Parameters(weights=weights))
            history.append(Review(rating.value, gap, order))
            order += 1
        found.append(history)
    return found


def test_a_forgetful_learners_fit_predicts_reviews_it_has_not_seen_better() -> None:
    found = fitting.fit(studied(120))
    assert found.reviews == 120 * 7
    assert found.held_out == 168
    assert found.after < found.before
    assert found.better
    assert found.weights[2] < DEFAULT_WEIGHTS[2]


def test_fitted_weights_are_ones_that_the_scheduler_takes() -> None:
    weights = fitting.fit(studied(120)).weights
    card = Snapshot(due=scheduler.NOON, due_day=date(2000, 1, 1))
    assert scheduler.remember(card, Rating.Good, date(2000, 1, 1), Parameters(weights=weights)).stability


def test_too_few_reviews_are_refused() -> None:
    with pytest.raises(TooFewReviewsError, match="a fit needs 400"):
        fitting.fit(studied(20))


def test_first_answers_and_answers_of_the_same_day_say_nothing_about_forgetting() -> None:
    same_day: list[History] = [[Review(3, 0, 0), Review(1, 0, 1), Review(3, 0, 2)]]
    with pytest.raises(TooFewReviewsError, match="0 reviews"):
        fitting.fit(same_day, minimum=1)


def test_log_loss_of_a_sure_thing_is_small_and_of_a_surprise_large() -> None:
    right: list[History] = [[Review(4, 0, 0), Review(3, 1, 1)]]
    wrong: list[History] = [[Review(4, 0, 0), Review(1, 1, 1)]]
    assert fitting.log_loss(right, DEFAULT_WEIGHTS) < 0.1
    assert fitting.log_loss(wrong, DEFAULT_WEIGHTS) > 2


def logged(user: User, found: list[History]) -> None:
    """These histories as rows of the log, written at once."""
    paper = make_question().paper
    template = answer_card(make_card(user))
    common = {
        field.name: getattr(template, field.name) for field in ReviewLog._meta.concrete_fields if not field.primary_key
    }
    cards = [make_card(user, make_question(paper=paper)) for _ in found]
    rows = [
        ReviewLog(
            **common
            | {"card": card, "seq": place, "idempotency_key": f"{card.pk}-{place}"}
            | {"rating": review.rating, "elapsed_days": review.elapsed, "before": {}, "after": {}, "weights": []}
        )
        for card, history in zip(cards, found, strict=True)
        for place, review in enumerate(history, start=2)
    ]
    rows.sort(key=lambda row: row.seq)  # the newest of every card last, as time goes
    ReviewLog.objects.bulk_create(rows, batch_size=200)


@pytest.mark.django_db
def test_a_learners_fit_is_a_new_version_and_old_reviews_keep_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    user = make_user()
    logged(user, studied(70))
    card = Card.objects.filter(user=user).order_by("pk")[0]
    call_command("fit_scheduler", user=user.email, minimum=400)
    preset = preset_of(user)
    assert preset.version == 1
    assert preset.fit is not None
    assert preset.parameters().weights == tuple(preset.fit.weights) != DEFAULT_WEIGHTS
    assert "after." in capsys.readouterr().out
    answer_card(card, at=MONDAY + days(30))
    old, new = card.log.filter(kind="review").order_by("seq")
    assert (old.preset_version, tuple(old.weights)) == (0, DEFAULT_WEIGHTS)
    assert (new.preset_version, new.weights) == (1, preset.fit.weights)
    assert replay(ledger.entries(card)) == card.snapshot()


@pytest.mark.django_db
def test_a_dry_run_and_too_few_reviews_change_nothing() -> None:
    user = make_user()
    logged(user, studied(70))
    call_command("fit_scheduler", user=user.email, minimum=400, dry_run=True)
    with pytest.raises(CommandError, match="a fit needs 9999"):
        call_command("fit_scheduler", user=user.email, minimum=9999)
    with pytest.raises(CommandError, match="no learner"):
        call_command("fit_scheduler", user="nobody@example.org")
    assert (Fit.objects.count(), Preset.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_the_sites_fit_is_for_all_who_have_none_of_their_own() -> None:
    own, other, newcomer = make_user(), make_user(), make_user()
    mine = Fit.objects.create(
        user=own, weights=list(FORGETFUL), model_version="m", reviews=1, log_loss_before=1, log_loss_after=1
    )
    Preset.objects.create(user=own, fit=mine)
    Preset.objects.create(user=other)
    logged(own, studied(70))
    call_command("fit_scheduler", site=True, minimum=400)
    fitted = Fit.objects.get(user=None)
    assert preset_of(own).fit == mine
    assert (preset_of(other).fit, preset_of(other).version) == (fitted, 2)
    assert preset_of(newcomer).fit == fitted
    services.erase_reviews(own)
    assert list(Fit.objects.all()) == [fitted]


@pytest.mark.django_db
def test_what_was_taken_back_and_what_is_no_review_is_not_fitted_to() -> None:
    easier = make_question()
    card = make_card(question=easier)
    answer_card(card)
    answer_card(card, at=MONDAY + days(20))
    services.undo(card.user, card.pk, card.revision, "u", MONDAY + days(20))
    harder = make_card(card.user, make_question(covers=[easier.pk]))
    answer_card(harder)
    answer_card(harder, at=MONDAY + days(40))
    assert card.log.filter(kind="covered").exists()
    found = histories(ReviewLog.objects.filter(user=card.user))
    assert sorted([(review.rating, review.elapsed) for review in history] for history in found) == [
        [(3, 0)],
        [(3, 0), (3, 40)],
    ]
