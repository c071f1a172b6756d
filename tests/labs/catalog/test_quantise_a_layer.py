"""What only the lab `quantise-a-layer` needs: its examples by hand, mistakes that differ, what groups are worth."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "quantise-a-layer"


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    quant = module_from(LAB / "solution.py")

    q, scale, _ = quant.quantise(torch.tensor([[0.7, -0.33, 0.04, 0.0]]), 4)
    assert q.tolist() == [[7, -3, 0, 0]]
    assert scale.item() == pytest.approx(0.1)
    q, scale, _ = quant.quantise(torch.tensor([[0.7, -0.33, 0.04, 0.0, 7.0]]), 4)
    assert (q.tolist(), scale.item()) == ([[1, 0, 0, 0, 7]], 1)
    for weights, zero, integers in (([1.0, 2.2, 3.0], 0, [5, 11, 15]), ([-1.0, 2.0], 5, [0, 15])):
        q, scale, found = quant.quantise(torch.tensor([weights]), 4, symmetric=False)
        assert (q.tolist(), found.item()) == ([integers], zero)
        assert scale.item() == pytest.approx(0.2)
    assert quant.pack(torch.tensor([[3, -1]], dtype=torch.int8)).item() == 243
    assert module_from(LAB / "reference.py").bytes_of_layer(4096, 4096, 32) == pytest.approx(8.4e6 + 2.1e6, rel=1e-2)


def test_small_groups_keep_an_outlier_to_themselves() -> None:
    reference, draw = module_from(LAB / "reference.py"), torch.Generator().manual_seed(3)
    w = torch.randn(64, 256, generator=draw)
    w[:, 9] *= 20
    usual = torch.arange(256) >= 32

    def error(group: int | None) -> float:
        back = reference.restored(*reference.Scheme(4, group)(w))[:, usual]
        return float((back - w[:, usual]).norm() / w[:, usual].norm())

    assert error(32) < 0.12
    assert error(None) > 0.5


@pytest.mark.parametrize("symmetric", [True, False])
def test_every_known_mistake_has_an_answer_of_its_own(symmetric: bool) -> None:
    reference, known = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    draw = torch.Generator().manual_seed(6)
    w = torch.randn(6, 20, generator=draw) + torch.tensor([3.0, 3, -3, 0, 0, -3])[:, None]
    right = reference.Scheme(4, 5, symmetric=symmetric)
    found = {key: torch.cat(scheme(w), 1) for key, _, scheme in [*known.schemes(right), ("right", "", right)]}

    for (one, values), (other, others) in combinations(found.items(), 2):
        assert (values - others).abs().max() > 1e-2, (one, other)


def test_every_known_mistake_about_outliers_has_an_answer_of_its_own() -> None:
    reference, known = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    draw = torch.Generator().manual_seed(8)
    x, w = torch.randn(5, 22, generator=draw), torch.randn(9, 22, generator=draw)
    x[2, 4], x[1, 5], x[:, 7], w[0, 3] = -20.0, 20.0, x[:, 7] + 20, 12.0
    products = [*known.PRODUCTS, ("right", "", reference.Mixed()), ("full", "", known.full)]
    found = {key: product(x, w, 6.0) for key, _, product in products}

    for (one, values), (other, others) in combinations(found.items(), 2):
        assert (values - others).abs().max() > 1e-3, (one, other)
