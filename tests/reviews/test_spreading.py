"""Cards go to the emptier of the days that serve memory as well, and keep away from easy days."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from residual.reviews.spreading import FULL_WEEK, candidates, pick

MONDAY = date(2026, 3, 2)
LUCK = st.floats(0, 1, exclude_max=True)
LOADS = st.dictionaries(st.integers(0, 800).map(lambda days: MONDAY + timedelta(days=days)), st.integers(0, 50))
WEEKS = st.lists(st.sampled_from([0, 50, 100]), min_size=7, max_size=7)


@given(st.integers(1, 700), st.integers(2, 700), LUCK, st.none() | LOADS, WEEKS)
def test_the_pick_is_one_of_the_candidates(
    days: int, maximum: int, luck: float, load: dict[date, int] | None, easy_days: list[int]
) -> None:
    reach = candidates(min(days, maximum), maximum)
    assert pick(reach, luck, MONDAY, load, easy_days) in reach
    assert reach[-1] <= maximum


@given(st.integers(1, 700), LUCK)
def test_empty_days_are_picked_as_if_there_were_no_load(days: int, luck: float) -> None:
    reach = candidates(days, 36500)
    assert abs(pick(reach, luck, MONDAY, {}) - pick(reach, luck, MONDAY, None)) <= 1  # a rounding at an edge, at most


@given(st.integers(5, 400), LUCK, LOADS, st.integers(0, 6))
def test_a_day_off_is_never_picked_where_another_day_would_do(
    days: int, luck: float, load: dict[date, int], off: int
) -> None:
    easy_days = [0 if day == off else 100 for day in range(7)]
    reach = candidates(days, 36500)
    assert (MONDAY + timedelta(days=pick(reach, luck, MONDAY, load, easy_days))).weekday() != off


def test_a_week_of_days_off_is_no_week_without_cards() -> None:
    assert pick(candidates(10, 365), 0.5, MONDAY, {}, [0] * 7) == pick(candidates(10, 365), 0.5, MONDAY, {}, FULL_WEEK)


def test_a_short_gap_can_not_be_moved() -> None:
    assert [list(candidates(days, 365)) for days in (1, 2)] == [[1], [2]]


def filled(cards: int, easy_days: tuple[int, ...] = FULL_WEEK) -> Counter[date]:
    """Days of `cards` cards of 20 days each, introduced one after another."""
    load: Counter[date] = Counter()
    for number in range(cards):
        luck = number * 0.6180339887 % 1
        load[MONDAY + timedelta(days=pick(candidates(20, 365), luck, MONDAY, load, easy_days))] += 1
    return load


def test_the_load_is_evened_out() -> None:
    crowd = Counter({MONDAY + timedelta(days=20): 30})
    days = candidates(20, 365)
    picked = Counter(pick(days, number / 200, MONDAY, crowd) for number in range(200))
    assert picked[20] < 5 < picked[19]


def test_an_easy_day_takes_about_half_of_an_ordinary_one() -> None:
    load = filled(140, (100, 100, 100, 50, 100, 100, 100))
    ordinary = [
        load[MONDAY + timedelta(days=n)] for n in candidates(20, 365) if (MONDAY + timedelta(days=n)).weekday() != 3
    ]
    thursdays = [
        load[MONDAY + timedelta(days=n)] for n in candidates(20, 365) if (MONDAY + timedelta(days=n)).weekday() == 3
    ]
    assert 0.3 < max(thursdays) / (sum(ordinary) / len(ordinary)) < 0.75
