"""What only the lab `sequential-offload` needs: its examples by hand, mistakes that differ, the model itself."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from torch import Tensor

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "sequential-offload"
SHAPES = {
    "gate": (5,),
    "shift": (7,),
    "norm.weight": (5,),
    "norm.bias": (5,),
    "up.weight": (7, 5),
    "up.bias": (7,),
    "down.weight": (5, 7),
    "down.bias": (5,),
}


def drawn(seed: int) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    shapes = {f"blocks.{i}.{name}": shape for i in range(11) for name, shape in SHAPES.items()}
    shapes |= {"head.weight": (9, 5), "head.bias": (9,)}
    return {name: torch.randn(shape, generator=draw).half() for name, shape in shapes.items()}


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    lab = module_from(LAB / "solution.py")

    assert [lab.fitting([9, 2, 3], budget) for budget in (14, 13, 9, 8)] == [3, 1, 0, -1]
    assert lab.traffic([1720], 0, 50) / 1000 == pytest.approx(86)
    assert lab.traffic([860, 860], 1, 50) / 1000 == pytest.approx(43.86)
    assert pytest.approx(3.44) == 86 / 25


def test_the_reference_is_the_model_that_the_probe_builds() -> None:
    weights, order, x = drawn(1), [3, 0, 10, 3, *range(11)], torch.randn(4, 5)
    model = module_from(LAB / "probe.py").skeleton(weights, order)
    model.load_state_dict({name: array.float() for name, array in weights.items()}, assign=True)

    ours = module_from(LAB / "reference.py").net(weights, order, x.double())

    torch.testing.assert_close(model(x), ours.float(), atol=1e-3, rtol=1e-4)


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    reference, known = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    first, second, order = drawn(1), drawn(2), [4, 1, *range(11)]
    right = {"right": second, "six-kept": reference.mixed(first, second, reference.owners(11)[:6])}
    models = right | {key: fn(second, 11) for key, _, fn in known.LOADS}
    models |= {key: fn(first, second, 11, 6) for key, _, fn in known.KEEPS if key != "everything-again"}
    found = {key: reference.net(weights, order, torch.ones(2, 5).double()) for key, weights in models.items()}

    for (one, values), (other, others) in combinations(found.items(), 2):
        assert (values - others).abs().max() > 1e-2, (one, other)
