"""Layered drawings: what is needed stands to the left, no boxes overlap, every line leads from one to another."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from residual.ui.graphs import NODE_HEIGHT, NODE_WIDTH, drawn


@st.composite
def needs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Acyclic by construction: a node needs only what was drawn before it."""
    names = [f"n{number}" for number in range(draw(st.integers(0, 14)))]
    return {
        name: draw(st.lists(st.sampled_from(names[:at]), unique=True)) if at else [] for at, name in enumerate(names)
    }


@given(needs())
def test_everything_stands_to_the_right_of_what_it_needs(graph: dict[str, list[str]]) -> None:
    x = {place.key: place.x for place in drawn(graph).places}
    assert all(x[need] < x[key] for key, wanted in graph.items() for need in wanted)


@given(needs())
def test_no_two_boxes_overlap_and_all_are_inside(graph: dict[str, list[str]]) -> None:
    drawing = drawn(graph)
    assert [place.key for place in drawing.places] == list(graph)
    for one, other in combinations(drawing.places, 2):
        assert abs(one.x - other.x) >= NODE_WIDTH or abs(one.y - other.y) >= NODE_HEIGHT
    for place in drawing.places:
        assert 0 <= place.x <= drawing.width - NODE_WIDTH
        assert 0 <= place.y <= drawing.height - NODE_HEIGHT


def test_a_need_that_is_not_drawn_draws_no_line() -> None:
    assert drawn({"b": ["retired"]}).edges == ()


def test_a_line_leaves_on_the_right_and_arrives_on_the_left() -> None:
    drawing = drawn({"a": [], "b": ["a"]})
    start, end = drawing.places
    path = drawing.edges[0].path
    assert path.startswith(f"M{start.x + NODE_WIDTH} ")
    assert path.endswith(f" {end.x} {end.y + NODE_HEIGHT // 2}")
