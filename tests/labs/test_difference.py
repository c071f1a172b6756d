"""Where an answer differs, on the submission's page: the map, its table, the shapes side by side, and odd JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from labs.difference import read_difference
from labs.shapes import align, read_shapes
from tests.factories import make_result, make_submission, make_user

DIFFERENCE = {
    "fixed": [{"name": "B", "index": 1}, {"name": "H", "index": 0}],
    "rows": {"name": "T", "size": 2, "step": 1},
    "columns": {"name": "D", "size": 3, "step": 1},
    "error": [[0.0, 0.5, 1e-9], [0.0, 0.25, 0.0]],
    "got": [[1.0, 2.5, 3.0], [4.0, 5.25, 6.0]],
    "expected": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
    "first": [0, 1],
}
SHAPES = {
    "axes": [{"name": "B", "size": 2}, {"name": "T", "size": 5}, {"name": "D", "size": 7}],
    "expected": [2, 5, 7],
    "inputs": {"sizes": {"B": 2, "T": 5, "D": 7}},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def page_of(client: Client, details: dict[str, Any]) -> str:
    user = make_user()
    client.force_login(user)
    submission = make_submission(user, status="done", verdict="failed")
    make_result(submission, "values", "failed", details=details)
    return client.get(submission.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_a_failed_comparison_has_a_map_with_words_and_a_table(client: Client) -> None:
    html = page_of(client, {"difference": DIFFERENCE, "tolerance": 1e-6})

    for words in (
        "Where it differs · B = 1, H = 0",
        "2 by 3 cells; rows T, columns D.",
        "The first that is too far off: T 0, D 1.",
        '<rect class="heat-first" x="1" y="0"',
        "<strong>2.5<span",
        '<span class="muted">2</span>',
        "up to 0.5",
    ):
        assert words in html, words
    assert "style=" not in html


@pytest.mark.django_db
def test_a_map_of_what_is_not_finite_says_so_and_needs_no_numbers(client: Client) -> None:
    html = page_of(client, {"difference": {**DIFFERENCE, "what": "not finite", "error": [[0.0, 1.0, 1.0]]}})

    assert "Where it is not finite · B = 1, H = 0" in html
    assert "The numbers" not in html
    assert "up to" not in html


@pytest.mark.django_db
def test_shapes_stand_below_each_other_and_the_axis_that_differs_is_marked(client: Client) -> None:
    html = page_of(client, {**SHAPES, "got": [2, 7, 5]})

    assert html.count('<span class="status bad">') == 2
    assert "differs: 7 is the size of D" in html
    assert "<dt>expected</dt>" not in html


def test_a_missing_axis_and_one_too_many_are_found_by_their_sizes() -> None:
    pairs = align(["B", "T", "D"], [2, 5, 7], [2, 7, 3], {3: "H"})
    assert [(pair.name, pair.expected, pair.got) for pair in pairs[:1]] == [("B", "2", "2")]

    missing = read_shapes({**SHAPES, "got": [2, 7]})
    assert [(pair.name, pair.got, pair.note) for pair in missing] == [
        ("B", "2", ""),
        ("T", "", "missing"),
        ("D", "7", ""),
    ]

    spare = read_shapes({**SHAPES, "got": [2, 3, 5, 7]})
    assert [(pair.expected, pair.got, pair.note) for pair in spare] == [
        ("2", "2", ""),
        ("", "3", "too many"),
        ("5", "5", ""),
        ("7", "7", ""),
    ]


@pytest.mark.parametrize("got", [[2, 5], [True, 2, 3], 7, None, [1] * 99], ids=str)
def test_shapes_that_are_none_are_left_to_the_facts(got: object) -> None:
    assert read_shapes({"axes": [], "expected": [2, 5, 7], "got": got}) == []


def test_a_pooled_axis_names_the_places_of_each_cell() -> None:
    found = {**DIFFERENCE, "rows": {"name": "T", "size": 13, "step": 7}}
    seen = read_difference({"difference": found})

    assert seen is not None
    assert seen.rows.places == ("0–6", "7–12")
    assert seen.pooled


@given(json_values)
def test_whatever_a_runner_sends_the_map_is_drawn_or_left_out(value: object) -> None:
    """Nothing raises, and nothing unbounded is drawn."""
    for details in ({"difference": value}, {"difference": {**DIFFERENCE, "error": value}, "tolerance": value}):
        seen = read_difference(details)
        assert seen is None or seen.heat.rows * seen.heat.columns <= 256


@given(st.dictionaries(st.sampled_from(sorted(DIFFERENCE)), json_values))
def test_any_part_of_the_picture_may_be_odd(odd: dict[str, object]) -> None:
    seen = read_difference({"difference": {**DIFFERENCE, **odd}})
    assert seen is None or seen.table


@pytest.mark.parametrize("error", [[[float("nan")]], [["nan"]], [[None]], [[10**400]], [[True]]], ids=str)
def test_what_is_no_finite_number_is_drawn_as_none(error: object) -> None:
    seen = read_difference({"difference": {"error": error}})
    assert seen is not None
    assert [layer.level for layer in seen.heat.layers] == [0]
