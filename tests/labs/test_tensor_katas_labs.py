"""The two labs of tensor katas: honest solutions pass whatever their style, mistakes fail where they should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import torch

from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from

if TYPE_CHECKING:
    from pathlib import Path

BROADCASTING, EINSUM = (CATALOG / f"tensor-katas-{name}" for name in ("broadcasting", "einsum"))
TESTS = CATALOG.parents[1] / "tests" / "labs"
STYLES = {lab: sorted((TESTS / f"honest_{lab.name.replace('-', '_')}").glob("*.py")) for lab in (BROADCASTING, EINSUM)}
WRONG = [
    BROADCASTING / "wrong" / "queries_and_keys.py",
    BROADCASTING / "wrong" / "multiplied_mask.py",
    BROADCASTING / "wrong" / "hidden_loop.py",
    EINSUM / "wrong" / "view_at_once.py",
]


@pytest.fixture(scope="module")
def reports() -> Iterator[Reports]:
    with ExitStack() as stack:
        found: Reports = {}
        for lab, styles in STYLES.items():
            wrong = [file for file in WRONG if file.is_relative_to(lab)]
            found |= stack.enter_context(judged(lab, [lab / "starter.py", *styles, *wrong]))
        yield found


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "file", [file for styles in STYLES.values() for file in styles], ids=lambda file: f"{file.parent.name}-{file.stem}"
)
def test_a_correct_solution_passes_whatever_its_style(file: Path, reports: Reports) -> None:
    report = reports[file].result()

    assert failures(report) == []
    assert report.verdict is Verdict.PASSED


@pytest.mark.sandbox
@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_a_mistake_fails_just_where_it_says_and_is_named(file: Path, reports: Reports) -> None:
    assert broken_claim(file.name, file.read_text(), reports[file].result()) == []


@pytest.mark.sandbox
def test_the_starters_say_what_to_do_next(reports: Reports) -> None:
    first, second = (by_id(reports[lab / "starter.py"].result()) for lab in STYLES)

    assert "give `a` a second axis of size one" in first["differences"].message
    assert "cut the last axis in two with view" in second["split-heads"].message


def test_the_examples_worked_by_hand_in_the_readmes_are_right() -> None:
    first, second = (module_from(lab / "solution.py") for lab in STYLES)

    table = first.differences(torch.tensor([10.0, 20.0]), torch.tensor([1.0, 2.0, 3.0]))
    assert table.tolist() == [[9, 8, 7], [19, 18, 17]]
    x, mask = torch.tensor([[[4.0], [6.0], [100.0]]]), torch.tensor([[True, True, False]])
    assert first.masked_mean(x, mask).tolist() == [[5]]
    heads = second.split_heads(torch.tensor([[[1.0, 2, 3, 4], [5, 6, 7, 8]]]), 2)
    assert heads.tolist() == [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]]
    assert second.running_mean(torch.tensor([[[2.0], [4.0], [9.0]]])).flatten().tolist() == [2, 3, 5]
    assert second.windows(torch.tensor([[1.0, 2.0, 3.0]]), 2).tolist() == [[[1, 2], [2, 3]]]
