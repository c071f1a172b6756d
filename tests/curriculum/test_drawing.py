"""Trying again until the numbers of a question leave no room for a lucky mistake, and giving up in the end."""

from __future__ import annotations

from itertools import count

import pytest

from curriculum.generators import Draw, NoDrawError
from curriculum.generators.drawing import TRIES, first_found, set_apart


def test_the_first_thing_found_is_taken() -> None:
    numbers = count()

    assert first_found(lambda: number if (number := next(numbers)) >= 7 else None) == 7


def test_a_search_that_finds_nothing_ends_with_an_error() -> None:
    tried = []

    with pytest.raises(NoDrawError, match="1000 tries"):
        first_found(lambda: tried.append(1))
    assert len(tried) == TRIES


def test_numbers_too_close_to_each_other_are_drawn_again() -> None:
    draws = iter([Draw({}, 10, {"a": 10.2}), Draw({}, 10, {"a": 12, "b": 12.1}), Draw({}, 10, {"a": 12, "b": 8})])

    assert set_apart(lambda: next(draws), gap=0.05).mistakes == {"a": 12, "b": 8}


def test_an_answer_nearer_to_zero_than_asked_for_is_drawn_again() -> None:
    draws = iter([Draw({}, 0.01, {"a": 3}), Draw({}, -0.2, {"a": 3})])

    assert set_apart(lambda: next(draws), least=0.1).answer == -0.2


def test_a_generator_that_can_never_keep_its_numbers_apart_ends_with_an_error() -> None:
    with pytest.raises(NoDrawError, match="widen the ranges"):
        set_apart(lambda: Draw({}, 1, {"same": 1}))
