"""What only the lab `positional-encoding` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
import torch

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    pass

LAB = CATALOG / "positional-encoding"


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
