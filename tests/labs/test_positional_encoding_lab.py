"""The lab `positional-encoding`: honest solutions pass whatever their style, mistakes fail where they should."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
import torch

from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from, one_thread, passed

if TYPE_CHECKING:
    from pathlib import Path

LAB = CATALOG / "positional-encoding"
STYLES = sorted((CATALOG.parents[1] / "tests" / "labs" / "honest_positional_encoding").glob("*.py"))
WRONG = [LAB / "wrong" / f"{name}.py" for name in ("halves_in_table", "halves_paired", "positions_ignored", "zeros")]


@pytest.fixture(scope="module")
def reports() -> Iterator[Reports]:
    with judged(LAB, [LAB / "starter.py", *STYLES, *WRONG]) as reports:
        yield reports


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.mark.sandbox
@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.stem)
def test_a_correct_solution_passes_whatever_its_style(file: Path, reports: Reports) -> None:
    report = reports[file].result()

    assert failures(report) == []
    assert report.verdict is Verdict.PASSED


@pytest.mark.sandbox
@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_a_mistake_fails_just_where_it_says_and_is_named(file: Path, reports: Reports) -> None:
    assert broken_claim(file.name, file.read_text(), reports[file].result()) == []


@pytest.mark.sandbox
def test_the_starter_says_what_to_do_next(reports: Reports) -> None:
    report = reports[LAB / "starter.py"].result()

    assert passed(report) == {"by-hand"}
    assert "sinusoidal is still to be written: start with the angles" in by_id(report)["table"].message
    assert "rotary is still to be written" in by_id(report)["rotary"].message


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("mistake", "check", "words"),
    [
        ("halves_in_table", "table", "Your answer equals all sines first and all cosines behind them"),
        ("halves_paired", "rotary", "Your answer equals a rotation that pairs column i with column i + D/2"),
        ("positions_ignored", "any-positions", "Your answer equals a rotation at positions 0, 1, 2 …"),
        ("zeros", "distances", "so a row by itself D/2"),
    ],
)
def test_the_report_says_what_went_wrong(mistake: str, check: str, words: str, reports: Reports) -> None:
    assert words in by_id(reports[LAB / "wrong" / f"{mistake}.py"].result())[check].message


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")

    row = solution.sinusoidal(3, 4, base=100.0)[2]
    turned = solution.rotary(torch.tensor([[[[1.0, 0.0, 0.0, 2.0]]]]), torch.tensor([2]), base=100.0)

    assert row.tolist() == pytest.approx([0.909, -0.416, 0.199, 0.980], abs=6e-4)
    assert turned.flatten().tolist() == pytest.approx([-0.416, 0.909, -0.397, 1.960], abs=6e-4)


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    checks = module_from(LAB / "checks.py")
    x, positions = torch.randn(2, 3, 5, 8).double(), torch.tensor([4, 9, 11, 7, 30])
    tables = {name: table(20, 8, 77.0) for name, _text, table in checks.TABLES}
    tables["right"] = checks.table(20, 8, 77.0)
    rotations = {name: rotation(x, positions, 77.0) for name, _text, rotation in checks.ROTATIONS}
    rotations["right"] = checks.rotated(x, positions, 77.0)

    for answers in (tables, rotations):
        for one, other in combinations(answers, 2):
            assert (answers[one] - answers[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"
