"""What only the lab `lora-by-hand` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import nn

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "lora-by-hand"


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    base = nn.Linear(2, 2)
    base.load_state_dict({"weight": torch.eye(2), "bias": torch.zeros(2)})
    layer = solution.LoRALinear(base, rank=1, alpha=2.0)
    solution.load_adapter(layer, torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [-1.0]]))

    assert layer(torch.ones(1, 1, 2)).flatten().tolist() == [19, -5]
    layer.merge()
    assert base.weight.tolist() == [[7, 12], [-2, -3]]


@pytest.mark.parametrize("seed", range(5))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    weights, x, alpha = checks.draw(Lab(cast("Port", None), seed))  # drawing needs no sandbox
    found = {mistake.id: mistake.fn(weights, x) for mistake in checks.output_mistakes(alpha)}
    found["right"] = checks.output(weights, x, alpha)

    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning:peft", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_frozen_numbers_are_those_of_peft() -> None:
    import peft  # noqa: PLC0415 - seconds that only this test should cost

    case = json.loads((LAB / "data" / "peft.json").read_text())
    weights = {name: torch.tensor(values) for name, values in case["weights"].items()}
    rows, columns = weights["w"].shape
    net = nn.Sequential(nn.Linear(columns, rows))
    net[0].load_state_dict({"weight": weights["w"], "bias": weights["bias"]})
    config = peft.LoraConfig(r=len(weights["a"]), lora_alpha=case["alpha"], target_modules=["0"])
    layer = cast("Any", peft.get_peft_model(net, config)).base_model.model[0]
    with torch.no_grad():
        layer.lora_A["default"].weight.copy_(weights["a"])
        layer.lora_B["default"].weight.copy_(weights["b"])
        y = layer(torch.tensor(case["x"]))
        layer.merge()

    assert torch.allclose(y, torch.tensor(case["y"]), atol=1e-5)
    assert torch.allclose(layer.get_base_layer().weight, torch.tensor(case["merged"]), atol=1e-5)
