"""What only the lab `standardise-rows` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

from itertools import combinations

import torch

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "standardise-rows"


def test_the_example_by_hand_is_right() -> None:
    row = module_from(LAB / "solution.py").standardise(torch.tensor([[1.0, 2.0, 6.0]]))
    assert [round(value, 3) for value in row[0].tolist()] == [-0.926, -0.463, 1.389]


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    checks = module_from(LAB / "checks.py")
    x = 3.0 * torch.randn(5, 7, dtype=torch.float64) + 2.0
    x[0] *= 1e-3
    answers = [mistake.fn(x) for mistake in checks.MISTAKES] + [checks.by_formula(x)]
    assert all((one - other).abs().max() > 0.01 for one, other in combinations(answers, 2))
