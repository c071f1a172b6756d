"""What only the lab `backprop-numpy` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "backprop-numpy"


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    params = {"w1": np.array([[1.0, 1.0], [1.0, -1.0]]), "b1": np.zeros(2), "w2": np.eye(2), "b2": np.zeros(2)}

    logits, cache = solution.forward(params, np.array([[1.0, 2.0]]))
    value, dlogits = solution.loss(logits, np.array([1]))
    gradients = solution.backward(params, cache, dlogits)

    assert logits.tolist() == [[3, 0]]
    assert value == pytest.approx(3.049, abs=6e-4)
    assert gradients["b2"] == pytest.approx(np.array([0.953, -0.953]), abs=6e-4)
    assert gradients["w2"] == pytest.approx(np.array([[2.858, -2.858], [0, 0]]), abs=6e-4)
    assert gradients["w1"] == pytest.approx(np.array([[0.953, 0], [1.905, 0]]), abs=6e-4)
    assert gradients["x"] == pytest.approx(np.array([[0.953, 0.953]]), abs=6e-4)


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2", "x"])
def test_the_known_mistakes_of_a_gradient_differ_from_each_other(name: str) -> None:
    checks = module_from(LAB / "checks.py")
    params, x, dlogits = checks.draw(Lab(cast("Port", None), 3))  # drawing needs no sandbox
    found = {mistake.id: mistake.fn() for mistake in checks.mistaken(name, params, x, dlogits)}
    found["right"] = checks.backwards(params, x, dlogits, lambda z, _: (z > 0).double())[name]
    if name in ("w2", "b2"):  # they lie behind ReLU, whose slope is no part of them
        for slope in ("relu-ignored", "mask-of-gradient", "mask-flipped", "relu-value"):
            del found[slope]

    for one, other in combinations(found, 2):
        same_shape = found[one].shape == found[other].shape
        assert not same_shape or (found[one] - found[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"
