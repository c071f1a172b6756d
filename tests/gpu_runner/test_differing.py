"""The picture of an error: the worst slice, pooled where it is large, always small and finite JSON."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpu_runner.checking.comparing import wrong_form, wrong_values
from gpu_runner.checking.differing import MAX_CELLS, difference

shapes = st.lists(st.integers(1, 40), min_size=1, max_size=4)


@given(shapes, st.integers(0, 2**31))
def test_the_matrix_is_small_and_its_largest_cell_is_the_largest_error(shape: list[int], seed: int) -> None:
    error = torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    found = difference(error, " ".join("ABCD"[: len(shape)]), 0.5)["difference"]

    rows = found["error"]
    assert len(rows) <= MAX_CELLS
    assert all(len(row) <= MAX_CELLS for row in rows)
    assert max(value for row in rows for value in row) == pytest.approx(float(error.max()), rel=1e-3)
    assert len(json.dumps(found)) < 4096
    row, column = found["first"]
    assert rows[row][column] > 0.4999 or float(error.max()) <= 0.5


def test_leading_axes_are_fixed_at_the_worst_place_and_named() -> None:
    error = torch.zeros(2, 3, 4, 5)
    error[1, 2, 3, 1] = 0.5

    found = difference(error, "B H T D", 1e-6)["difference"]

    assert found["fixed"] == [{"name": "B", "index": 1}, {"name": "H", "index": 2}]
    assert found["rows"] == {"name": "T", "size": 4, "step": 1}
    assert found["columns"] == {"name": "D", "size": 5, "step": 1}
    assert found["first"] == [3, 1]


def test_a_large_slice_is_pooled_and_the_first_bad_place_is_found_in_its_block() -> None:
    error = torch.zeros(100, 33)
    error[50, 32] = 2.0

    found = difference(error, "T D", 1.0)["difference"]

    assert (found["rows"]["step"], found["columns"]["step"]) == (7, 3)
    assert found["first"] == [7, 10]
    assert found["error"][7][10] == 2.0


def test_a_small_slice_brings_the_values_of_both_sides() -> None:
    expected, got = torch.eye(3, dtype=torch.float64), torch.ones(3, 3)
    problem = wrong_values(got, expected, "T D", 1e-6)

    assert problem is not None
    found = problem.details["difference"]
    assert found["expected"][0] == [1.0, 0.0, 0.0]
    assert found["got"][0] == [1.0, 1.0, 1.0]
    assert found["first"] == [0, 1]


def test_values_of_a_large_slice_stay_behind() -> None:
    problem = wrong_values(torch.ones(9, 2), torch.zeros(9, 2, dtype=torch.float64), "T D", 1e-6)

    assert problem is not None
    assert "got" not in problem.details["difference"]


def test_a_vector_is_one_row_and_a_number_has_no_picture() -> None:
    assert difference(torch.tensor([0.0, 1.0]), "T", 0.5)["difference"]["error"] == [[0.0, 1.0]]
    assert difference(torch.tensor(1.0), "", 0.5) == {}
    assert difference(torch.zeros(0, 3), "T D", 0.5) == {}


def test_values_that_are_not_finite_are_mapped_as_ones() -> None:
    got = torch.zeros(2, 3)
    got[1] = torch.nan
    problem = wrong_form(got, (2, 3), torch.float32, "T D")

    assert problem is not None
    assert problem.details["difference"]["error"] == [[0.0] * 3, [1.0] * 3]
    assert problem.details["difference"]["first"] == [1, 0]
    assert problem.details["difference"]["what"] == "not finite"


def test_complex_values_are_compared_by_their_distance_and_not_shown() -> None:
    got = torch.full((2, 2), 1j, dtype=torch.complex64)
    problem = wrong_values(got, torch.zeros(2, 2, dtype=torch.complex128), "T D", 1e-6)

    assert problem is not None
    assert problem.details["difference"]["error"] == [[1.0, 1.0], [1.0, 1.0]]
    assert "got" not in problem.details["difference"]
