"""Two forward passes side by side: aligned by form and values, and the place found where they part."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runner.checking.tracing import Step, _read, align, first_divergence
from gpu_runner.checking.verdicts import Stopped
from gpu_runner.protocol import Report, Verdict, judging_files
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission
from tests.labs.catalog.choosing import CATALOG

BLOCK = CATALOG / "transformer-block"


def step(name: str, *shape: int, mean: float = 0.0, std: float = 1.0, order: float = 0.0) -> Step:
    return Step(name, 1, shape, "float32", mean, std, order, 4)


Q, SCORES, SCALED, WEIGHTS, OUT = (
    step("linear", 2, 5, 8),
    step("matmul", 2, 5, 5, std=9.0),
    step("div", 2, 5, 5, std=3.0),
    step("softmax", 2, 5, 5, mean=0.2, std=0.1),
    step("matmul", 2, 5, 8, mean=0.5),
)


def marks(mine: list[Step], theirs: list[Step]) -> list[str]:
    return [mark for mark, _one, _other in align(mine, theirs)]


def test_equal_passes_are_the_same_all_the_way() -> None:
    pairs = align([Q, SCORES, SCALED, WEIGHTS, OUT], [Q, SCORES, SCALED, WEIGHTS, OUT])
    assert {mark for mark, _one, _other in pairs} == {"same"}
    assert first_divergence(pairs) is None


def test_another_order_that_ends_the_same_is_no_divergence() -> None:
    """Scaled before the product instead of after it."""
    early = step("mul", 2, 5, 8, std=0.3)
    pairs = align([Q, early, SCALED, WEIGHTS, OUT], [Q, SCORES, SCALED, WEIGHTS, OUT])
    assert [mark for mark, _one, _other in pairs] == ["same", "theirs", "mine", "same", "same", "same"] or [
        mark for mark, _one, _other in pairs
    ] == ["same", "mine", "theirs", "same", "same", "same"]
    assert first_divergence(pairs) is None


def test_a_missing_step_is_where_they_part() -> None:
    sharp = step("softmax", 2, 5, 5, mean=0.2, std=0.3)
    wrong = step("matmul", 2, 5, 8, mean=0.9)
    pairs = align([Q, SCORES, sharp, wrong], [Q, SCORES, SCALED, WEIGHTS, OUT])
    at = first_divergence(pairs)
    assert at is not None
    assert pairs[at - 1][0] == "same"
    assert pairs[at - 1][1] == SCORES
    assert pairs[-1][0] == "differs"


def test_the_same_values_in_another_order_are_not_the_same() -> None:
    pairs = align([Q, step("movedim", 2, 5, 5, order=0.3), OUT], [Q, step("transpose", 2, 5, 5), OUT])
    assert [mark for mark, _one, _other in pairs] == ["same", "moved", "same"]
    assert first_divergence(pairs) is None
    assert first_divergence(pairs[:2]) == 1


def test_an_answer_of_another_shape_parts_after_the_last_common_step() -> None:
    pairs = align([Q, step("sum", 2)], [Q, OUT])
    assert first_divergence(pairs) == 1


numbers = st.sampled_from([0.0, 1.0, float("nan"), float("inf")])
steps = st.lists(st.builds(step, st.just("f"), st.integers(1, 3), mean=numbers, std=numbers), max_size=12)


@given(steps, steps)
def test_no_step_is_lost_and_the_order_is_kept(mine: list[Step], theirs: list[Step]) -> None:
    pairs = align(mine, theirs)
    assert [one for _mark, one, _other in pairs if one is not None] == mine
    assert [other for _mark, _one, other in pairs if other is not None] == theirs
    at = first_divergence(pairs)
    assert at is None or pairs[at][0] != "same"


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(max_size=3), st.lists, max_leaves=5))
def test_a_row_of_any_other_form_is_the_learners_error_and_never_ours(value: Any) -> None:
    row = {"name": "f", "line": 1, "shape": [2], "dtype": "float32", "mean": 0.0, "std": 1.0, "order": 0.0, "bytes": 8}
    for key in row:
        with contextlib.suppress(Stopped):  # any other exception would be ours
            _read({**row, key: value})
    with pytest.raises(Stopped, match="could not be read"):
        _read(value)


def traced(supervisor: Supervisor, source: str, checks: list[str] | None) -> Report:
    return supervisor.judge(Submission(judging_files(BLOCK), source, checks))


@pytest.mark.sandbox
def test_a_wrong_scale_is_found_on_its_line(supervisor: Supervisor) -> None:
    source = (BLOCK / "wrong" / "scaled_by_d_model.py").read_text()
    (result,) = traced(supervisor, source, ["trace"]).checks
    assert (result.verdict, result.evidence) == (Verdict.PASSED, "observed")
    (picture,) = result.details["pictures"]
    found = picture["rows"][picture["first"]]
    line = source.splitlines()[found["mine"]["line"] - 1]
    assert found["mark"] == "differs"
    assert "sqrt" in line
    names = [axis["name"] for axis in found["mine"]["shape"]]
    assert names in (["B", "H", "T", "T"], ["B", "H", "T or D/H", "T or D/H"])
    assert found["theirs"]["line"] == 0


@pytest.mark.sandbox
def test_the_reference_traces_like_itself_and_a_broken_block_is_told_its_error(supervisor: Supervisor) -> None:
    (own,) = traced(supervisor, (BLOCK / "solution.py").read_text(), ["trace"]).checks
    (picture,) = own.details["pictures"]
    assert {row["mark"] for row in picture["rows"]} == {"same"}
    assert picture["first"] is None
    (starter,) = traced(supervisor, (BLOCK / "starter.py").read_text(), ["trace"]).checks
    assert starter.verdict is Verdict.ERROR
