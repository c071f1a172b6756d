"""The geometry of the shares bar."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residual.ui.charts import Part, shares

weights = st.floats(min_value=0.5, max_value=100)
parts = st.lists(
    st.builds(Part, st.just("part"), weights, st.floats(min_value=-10, max_value=200)), min_size=1, max_size=6
)


@given(parts)
def test_the_segments_fill_the_bar_without_gap_or_overlap(given_parts: list[Part]) -> None:
    segments = shares(given_parts)
    assert segments[0].x == 0
    for before, after in pairwise(segments):
        assert after.x == pytest.approx(before.x + before.width, abs=0.01)
    assert segments[-1].x + segments[-1].width == pytest.approx(100, abs=0.01)


@given(parts)
def test_what_is_earned_stays_inside_its_segment(given_parts: list[Part]) -> None:
    assert all(0 <= segment.earned_width <= segment.width for segment in shares(given_parts))


def test_parts_without_weight_are_left_out() -> None:
    assert [segment.part.label for segment in shares([Part("labs", 60, 30), Part("quiz", 0, 0)])] == ["labs"]


def test_half_earned_is_half_as_wide() -> None:
    (segment,) = shares([Part("labs", 60, 30)])
    assert (segment.width, segment.earned_width) == (100, 50)
