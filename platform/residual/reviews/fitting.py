"""Weights fitted to reviews: `fsrs-rs-python` proposes them, our own scheduler judges them on reviews held out.

Pure: from histories to numbers. What a history leaves out is left out for good: answers taken back, covers and evidence
are no reviews.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

import fsrs_rs_python
from fsrs import Rating
from fsrs.scheduler import LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS

from residual.reviews import scheduler
from residual.reviews.scheduler import DEFAULT_WEIGHTS, Parameters
from residual.reviews.snapshot import Snapshot

MINIMUM: Final = 400  # reviews that say something; with fewer the defaults predict better than a fit does
HELD_OUT: Final = 0.2  # of the time line: the newest fifth
_START: Final = date(2000, 1, 1)
_SURE: Final = 1e-4  # no probability is nearer to 0 or 1: one surprise must not outweigh everything

Weights = tuple[float, ...]


class Review(NamedTuple):
    """`elapsed` is in study days since the review before; `order` is the place in time among all reviews."""

    rating: int
    elapsed: int
    order: int


History = Sequence[Review]  # of one card, oldest first


class TooFewReviewsError(ValueError):
    """There is too little to learn from."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """`before` and `after` are log losses on the held-out reviews, by the present weights and by the fitted ones."""

    weights: Weights
    reviews: int
    held_out: int
    before: float
    after: float

    @property
    def better(self) -> bool:
        return self.after < self.before


def fit(histories: Sequence[History], present: Weights = DEFAULT_WEIGHTS, minimum: int = MINIMUM) -> Fitted:
    """Fit to the older reviews and compare on the newest fifth. Raises TooFewReviewsError below `minimum`."""
    telling = sorted(review.order for history in histories for review in history[1:] if review.elapsed)
    if len(telling) < minimum:
        raise TooFewReviewsError(f"{len(telling)} reviews after a day or more; a fit needs {minimum}")
    first_held_out = telling[int(len(telling) * (1 - HELD_OUT))]
    weights = _propose(histories, first_held_out)
    return Fitted(
        weights=weights,
        reviews=len(telling),
        held_out=sum(order >= first_held_out for order in telling),
        before=log_loss(histories, present, first_held_out),
        after=log_loss(histories, weights, first_held_out),
    )


def log_loss(histories: Iterable[History], weights: Weights, since: int = 0) -> float:
    """Mean log loss of the reviews from place `since` on that came after a day or more, as our scheduler sees them."""
    parameters = Parameters(weights=weights)
    losses = [loss for history in histories for loss in _losses(history, parameters, since)]
    return sum(losses) / len(losses)


def _losses(history: History, parameters: Parameters, since: int) -> Iterable[float]:
    card, today = _fresh(), _START
    for place, review in enumerate(history):
        today += timedelta(days=review.elapsed)
        if place and review.elapsed and review.order >= since:
            known = min(max(scheduler.retrievability(card, today, parameters), _SURE), 1 - _SURE)
            yield -math.log(known if review.rating > Rating.Again else 1 - known)
        card = scheduler.remember(card, Rating(review.rating), today, parameters)


def _fresh() -> Snapshot:
    return Snapshot(due=scheduler.NOON, due_day=_START)


def _propose(histories: Iterable[History], before: int) -> Weights:
    """What the optimiser makes of the reviews before that place, brought within what the scheduler allows."""
    items = [
        fsrs_rs_python.FSRSItem([fsrs_rs_python.FSRSReview(seen.rating, seen.elapsed) for seen in history[: place + 1]])
        for history in histories
        for place, review in enumerate(history)
        if place and review.elapsed and review.order < before
    ]
    found = fsrs_rs_python.FSRS(list(DEFAULT_WEIGHTS)).compute_parameters(items)
    bounds = zip(found, LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS, strict=True)
    return tuple(round(min(max(weight, low), high), 6) for weight, low, high in bounds)
