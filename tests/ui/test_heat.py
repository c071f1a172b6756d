"""A matrix as a heat-map: every cell above the limit is in exactly one level, the larger the higher."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residual.ui.heat import LEVELS, heat
from tests.ui.test_contrast import TOKENS, contrast, luminance

cells = st.one_of(st.none(), st.floats(0, 1e300))
matrices = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=6)
)


def places(path: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)]


@given(matrices, st.floats(0, 1e3))
def test_every_cell_is_where_its_value_belongs(values: list[list[float | None]], limit: float) -> None:
    drawn = heat(values, limit)
    level_of = {place: layer.level for layer in drawn.layers for place in places(layer.path)}

    assert sum(len(places(layer.path)) for layer in drawn.layers) == len(level_of)
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            shown = level_of.get((x, y))
            assert (shown is None) == (value is not None and value <= limit)
            assert (shown == 0) == (value is None)


@given(matrices, st.floats(0, 1e3))
def test_a_larger_value_is_never_in_a_lower_level(values: list[list[float | None]], limit: float) -> None:
    drawn = heat(values, limit)
    ranked = sorted(
        (values[y][x] or 0.0, layer.level) for layer in drawn.layers if layer.level for x, y in places(layer.path)
    )

    assert [level for _value, level in ranked] == sorted(level for _value, level in ranked)
    assert not ranked or ranked[-1][1] == LEVELS


def test_errors_over_many_orders_of_magnitude_are_told_apart() -> None:
    drawn = heat([[1e-7, 1e-3, 1.0, 5.0, 40.0]], 1e-6)

    assert [(layer.level, places(layer.path)) for layer in drawn.layers] == [
        (1, [(1, 0)]),
        (2, [(2, 0)]),
        (3, [(3, 0)]),
        (4, [(4, 0)]),
    ]


def test_nothing_above_the_limit_draws_no_layer() -> None:
    assert heat([[0.0, 1.0]], 1.0).layers == ()


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_levels_differ_in_lightness_so_that_colour_is_not_needed(theme: int) -> None:
    """In light each level is darker than the one before, in dark lighter; neighbours can be told apart in grey."""
    colours = [TOKENS["surface"][theme], *(TOKENS[f"heat-{level}"][theme] for level in range(1, LEVELS + 1))]

    light = [luminance(colour) for colour in colours]
    assert light == sorted(light, reverse=theme == 0)
    assert all(contrast(one, other) >= 1.45 for one, other in itertools.pairwise(colours))
    assert contrast(colours[0], colours[-1]) >= 7
