"""The lab `standardise-rows`, a newcomer's first: its example is right, its mistakes differ, its files hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
import torch

from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, judged, module_from, one_thread, passed

LAB = CATALOG / "standardise-rows"
WRONG = sorted((LAB / "wrong").glob("*.py"))


@pytest.fixture(scope="module")
def reports() -> Iterator[Reports]:
    with judged(LAB, [LAB / "starter.py", LAB / "solution.py", *WRONG]) as reports:
        yield reports


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def test_the_example_by_hand_is_right() -> None:
    row = module_from(LAB / "solution.py").standardise(torch.tensor([[1.0, 2.0, 6.0]]))
    assert [round(value, 3) for value in row[0].tolist()] == [-0.926, -0.463, 1.389]


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    checks = module_from(LAB / "checks.py")
    x = 3.0 * torch.randn(5, 7, dtype=torch.float64) + 2.0
    answers = [mistake.fn(x) for mistake in checks.MISTAKES] + [checks.by_formula(x)]
    assert all((one - other).abs().max() > 0.01 for one, other in combinations(answers, 2))


@pytest.mark.sandbox
def test_the_solution_passes_and_the_starter_earns_nothing_computed(reports: Reports) -> None:
    assert reports[LAB / "solution.py"].result().verdict is Verdict.PASSED
    assert passed(reports[LAB / "starter.py"].result()) == {"input-untouched"}


@pytest.mark.sandbox
@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_a_mistake_fails_just_where_it_says(file: Path, reports: Reports) -> None:
    assert broken_claim(file.name, file.read_text(), reports[file].result()) == []
