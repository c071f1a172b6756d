"""What only the lab `mlp-from-scratch` needs: its examples by hand."""

from __future__ import annotations

import pytest
import torch

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "mlp-from-scratch"


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

    assert walk("SGD", 1.0, 3, momentum=0.9) == pytest.approx([0.9, 0.71, 0.439])
    assert walk("Adam", 4.0, 1) == pytest.approx([0.9])
    assert walk("Adam", 0.01, 1) == pytest.approx([0.9])
    logits, y = torch.tensor([[2.0, 0.0]]), torch.tensor([1])
    assert solution.loss(logits, y).item() == pytest.approx(2.127, abs=6e-4)
    assert solution.loss(logits.softmax(1), y).item() == pytest.approx(1.145, abs=6e-4)
    assert solution.loss(torch.tensor([[0.0, 1.0]]), y).item() == pytest.approx(0.313, abs=6e-4)
