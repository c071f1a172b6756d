"""FSRS-6 by its public vectors: default weights, no fuzz."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import pytest
from fsrs import Rating

from residual.reviews import scheduler
from residual.reviews.scheduler import MODEL_VERSION, Parameters, review
from residual.reviews.snapshot import Snapshot
from residual.reviews.study_calendar import StudyCalendar

START = datetime(2022, 11, 29, 12, 30, tzinfo=UTC)
CALENDAR = StudyCalendar("UTC", 4)
PARAMETERS = Parameters(maximum_interval=36500, learning_minutes=(1, 10), relearning_minutes=(10,))


@pytest.fixture(autouse=True)
def _without_fuzz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "candidates", lambda days, maximum: range(days, days + 1))  # noqa: ARG005 - as it is


def fresh() -> Snapshot:
    return Snapshot(due=START, due_day=START.date())


def test_intervals_at_due_are_the_published_ones() -> None:
    card, at, intervals = fresh(), START, []
    for rating in [3] * 6 + [1, 1] + [3] * 5:
        card = review(card, Rating(rating), at, CALENDAR, PARAMETERS, "k")
        intervals.append((card.due_day - CALENDAR.day(at)).days)
        at = card.due
    assert intervals == [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]


def test_memory_after_six_ratings_is_the_published_one() -> None:
    card, at = fresh(), START
    for rating, gap in zip([1, 3, 3, 3, 3, 3], [0, 0, 1, 3, 8, 21], strict=True):
        at += timedelta(days=gap)
        card = review(card, Rating(rating), at, CALENDAR, PARAMETERS, "k")
    assert card.stability == pytest.approx(53.62691, abs=1e-4)
    assert card.difficulty == pytest.approx(6.3574867, abs=1e-4)


@pytest.mark.parametrize(("rating", "stability"), [(1, 0.212), (2, 1.2931), (3, 2.3065), (4, 8.2956)])
def test_first_ratings_give_the_published_stabilities(rating: int, stability: float) -> None:
    card = review(fresh(), Rating(rating), START, CALENDAR, PARAMETERS, "k")
    assert card.stability == pytest.approx(stability, abs=1e-6)


def test_the_model_version_names_the_library_that_computed() -> None:
    assert version("fsrs") in MODEL_VERSION
