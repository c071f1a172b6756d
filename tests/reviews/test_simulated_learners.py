"""Learners who do not exist, on the roadmap with the defaults: ten cards a day, never more than fifteen minutes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residual.reviews.day_plan import room
from residual.reviews.models import Preset
from residual.reviews.scheduler import Parameters
from residual.reviews.simulation import Days, Plan, simulate, summary, with_retention

ROADMAP = Plan(weeks=[12] * 12)


@pytest.fixture(scope="module")
def learners() -> list[Days]:
    return [simulate(ROADMAP, number) for number in range(20)]


def test_a_simulated_learner_has_the_defaults_of_a_real_one() -> None:
    preset, plan = Preset(), ROADMAP
    assert (plan.daily_new, plan.daily_reviews, plan.daily_minutes, plan.parameters) == (
        preset.daily_new,
        preset.daily_reviews,
        preset.daily_minutes,
        Parameters(),
    )
    assert preset.parameters() == Parameters()


def test_about_ten_cards_a_day(learners: list[Days]) -> None:
    found = summary(learners)
    assert found.retention > 0.85
    assert 8 < sum(map(sum, (days.answers for days in learners))) / (20 * 84) < 12


def test_never_more_than_fifteen_minutes(learners: list[Days]) -> None:
    assert max(max(days.seconds) for days in learners) <= 15 * 60


def test_not_even_after_two_weeks_away() -> None:
    back = [simulate(replace(ROADMAP, away=range(35, 49)), number) for number in range(5)]
    assert all(sum(days.answers[35:49]) == 0 for days in back)
    assert max(max(days.seconds) for days in back) <= 15 * 60


def test_every_card_is_met_in_the_end(learners: list[Days]) -> None:
    assert all(sum(days.answers) > 144 for days in learners)
    nobody = Plan(weeks=[3], attendance=0.0)
    assert simulate(nobody, 1).answers == [0] * 7
    with pytest.raises(ValueError, match="nobody came"):
        summary([simulate(nobody, 1)])


def test_the_same_number_is_the_same_learner(learners: list[Days]) -> None:
    assert simulate(ROADMAP, 3) == learners[3]


def test_more_retention_costs_more_answers() -> None:
    def cost(share: float) -> float:
        return summary(simulate(with_retention(ROADMAP, share), number) for number in range(3)).mean_answers

    assert cost(0.8) < cost(0.95)


@given(st.integers(2, 240), st.floats(0, 20_000), st.integers(0, 40))
def test_what_may_still_be_begun_fits_the_minutes_that_are_left(minutes: int, spent: float, retries: int) -> None:
    begun = room(minutes, spent, retries)
    assert begun >= 0
    assert begun == 0 or spent + 25 * (begun + retries) <= 60 * minutes
