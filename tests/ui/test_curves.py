"""Lines over an axis: whatever numbers come, the path stays inside the frame, small, and open where there is a gap."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residual.ui.curves import HEIGHT, MOST_COLUMNS, WIDTH, curves

numbers = st.floats(-1e300, 1e300)
points = st.lists(st.tuples(numbers, st.one_of(st.none(), numbers)), max_size=50)


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


@given(points)
def test_every_point_is_inside_the_frame_and_none_is_lost(given_points: list[tuple[float, float | None]]) -> None:
    drawn = curves([("loss", given_points)])
    values = [y for _x, y in given_points if y is not None]
    assert len(drawn) == bool(values)
    for curve in drawn:
        assert curve.points == len(values) == len(places(curve.path))
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places(curve.path))
        assert curve.path.startswith("M")


def test_a_gap_and_a_new_run_start_the_line_anew() -> None:
    (curve,) = curves([("loss", [(0, 1.0), (1, 2.0), (2, None), (3, 3.0), (4, 1.0), (0, 5.0), (1, 4.0)])])
    assert re.sub(r"[\d. ]", "", curve.path) == "MLMLML"


def test_a_lone_point_is_a_dot() -> None:
    (curve,) = curves([("loss", [(0, 1.0), (1, None), (2, 3.0), (3, 2.0)])])
    assert curve.path == "M0.0 120.0h.1M213.3 0.0L320.0 60.0"


def test_losses_over_orders_of_magnitude_get_a_logarithmic_scale() -> None:
    (curve,) = curves([("loss", [(0, 1.0), (1, 0.1), (2, 0.01), (3, 0.001)])])
    assert curve.logarithmic
    assert [y for _x, y in places(curve.path)] == [0.0, 40.0, 80.0, 120.0]


def test_a_long_run_is_drawn_by_its_extremes() -> None:
    wild = [(float(x), float(x % 7)) for x in range(20_000)]
    wild[12_345] = (12_345.0, 99.0)
    (curve,) = curves([("loss", wild)])
    assert curve.points == 20_000
    assert len(places(curve.path)) <= 3 * MOST_COLUMNS
    assert min(y for _x, y in places(curve.path)) == 0
    assert curve.high == "99"


def test_curves_on_a_shared_scale_can_be_compared() -> None:
    small, large = curves([("a", [(0, 0.0), (1, 1.0)]), ("b", [(0, 0.0), (1, 2.0)])], shared=True)
    assert places(small.path)[-1] == (320.0, 60.0)
    assert places(large.path)[-1] == (320.0, 0.0)


@pytest.mark.parametrize("value", [0.0, -3.0, 1e-300, 1e300])
def test_a_constant_is_a_line_through_the_middle(value: float) -> None:
    (curve,) = curves([("loss", [(0, value), (1, value)])])
    assert curve.path == "M0.0 60.0L320.0 60.0"
