"""What only the lab `switch-layer` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import Tensor

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "switch-layer"


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    layer = solution.SwitchLayer(d_model=2, d_ff=3, n_experts=2, capacity_factor=1.0, alpha=0.5)
    weights = {"router": torch.eye(2), "w1": torch.zeros(2, 3, 2), "b1": torch.zeros(2, 3), "w2": torch.zeros(2, 2, 3)}
    solution.load_weights(layer, weights | {"b2": torch.tensor([[10.0, 10.0], [20.0, 20.0]])})
    tokens = [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8], [0.9, 0.1]]  # logits are the logarithms of the probabilities

    y, loss = layer(torch.tensor([[[math.log(p) for p in token] for token in tokens]]))

    assert y[0, :, 0].tolist() == pytest.approx([7, 6, 16, 0])
    assert loss.item() == pytest.approx(1.1 * 0.5)


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)  # drawing needs no sandbox
    right = checks.recipe(checks.draw_config(lab, 0.7))
    weights, x = checks.draw_case(lab)
    weights, x = {name: array.double() for name, array in weights.items()}, x.double()

    outcomes: list[tuple[Any, Callable[..., Tensor]]] = [
        (checks.OUTPUTS, lambda recipe, w, x: recipe.output(w, x)),
        (checks.LOSSES, lambda recipe, w, x: recipe.loss(w, x)),
    ]
    for known, of in outcomes:
        found = {m.id: m.fn(weights, x) for m in checks.mistakes_of(right, known, of)}
        if known is checks.LOSSES:
            del found["blend"], found["summed-probabilities"]  # the right loss, and the number that counts give too
        found["the right layer"] = of(right, weights, x)
        for one, other in combinations(found, 2):
            assert (found[one] - found[other]).abs().max() > 1e-4, f"{one} cannot be told from {other}"
