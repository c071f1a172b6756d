"""The lab `mlp-from-scratch`: honest solutions pass whatever their style, mistakes fail where they should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import torch

from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from, one_thread, passed

if TYPE_CHECKING:
    from pathlib import Path

LAB = CATALOG / "mlp-from-scratch"
STYLES = sorted((CATALOG.parents[1] / "tests" / "labs" / "honest_mlp_from_scratch").glob("*.py"))
WRONG = [LAB / "wrong" / f"{name}.py" for name in ("softmax_before_loss", "not_cleared", "no_bias_correction")]


@pytest.fixture(scope="module")
def reports() -> Iterator[Reports]:
    with judged(LAB, [LAB / "starter.py", *STYLES, *WRONG]) as reports:
        yield reports


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
    assert "MLP.forward is still to be written" in by_id(report)["fresh"].message
    assert "Adam is still to be written" in by_id(report)["adam"].message


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("mistake", "check", "words"),
    [
        ("softmax_before_loss", "trajectory", "equals the losses of training with softmax before cross-entropy"),
        ("not_cleared", "trajectory", "equals the losses of training whose gradients add up from step to step"),
        ("no_bias_correction", "adam", "equals Adam without bias correction"),
    ],
)
def test_the_report_says_what_went_wrong(mistake: str, check: str, words: str, reports: Reports) -> None:
    assert words in by_id(reports[LAB / "wrong" / f"{mistake}.py"].result())[check].message


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    solution = module_from(LAB / "solution.py")

    def walk(name: str, gradient: float, steps: int, **options: float) -> list[float]:
        p = torch.nn.Parameter(torch.ones(()))
        optimiser = getattr(solution, name)([p], lr=0.1, **options)
        seen = []
        for _ in range(steps):
            p.grad = torch.tensor(gradient)
            optimiser.step()
            seen.append(p.item())
        return seen

    with one_thread():
        assert walk("SGD", 1.0, 3, momentum=0.9) == pytest.approx([0.9, 0.71, 0.439])
        assert walk("Adam", 4.0, 1) == pytest.approx([0.9])
        assert walk("Adam", 0.01, 1) == pytest.approx([0.9])
        logits, y = torch.tensor([[2.0, 0.0]]), torch.tensor([1])
        assert solution.loss(logits, y).item() == pytest.approx(2.127, abs=6e-4)
        assert solution.loss(logits.softmax(1), y).item() == pytest.approx(1.145, abs=6e-4)
        assert solution.loss(torch.tensor([[0.0, 1.0]]), y).item() == pytest.approx(0.313, abs=6e-4)
