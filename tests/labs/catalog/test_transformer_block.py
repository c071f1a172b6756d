"""What only the lab `transformer-block` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import Tensor

from gpu_runner.checking import Lab
from gpu_runner.protocol import Evidence
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from, spec_of

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "transformer-block"


def test_counting_and_source_rules_do_not_carry_the_lab() -> None:
    strong = [check for check in spec_of(LAB).checks if check.evidence is Evidence.COMPUTED]

    assert len(strong) == 13
    weak = {check.id for check in spec_of(LAB).checks if check not in strong}
    assert weak == {"parameters", "input-untouched", "by-hand"}


@pytest.mark.parametrize(("causal", "expected"), [(False, [4.730, -0.047]), (True, [4.841, -0.159])])
def test_the_example_worked_by_hand_in_the_readme_is_right(causal: bool, expected: list[float]) -> None:
    solution = module_from(LAB / "solution.py")
    block = solution.TransformerBlock(d_model=2, n_heads=1, d_ff=2)
    one, zero = torch.eye(2), torch.zeros(2)
    weights = {f"w{name}": one for name in "qkvo12"} | {f"b{name}": zero for name in "qkvo12"}
    for norm in ("norm1", "norm2"):
        weights |= {f"{norm}_gain": torch.ones(2), f"{norm}_bias": zero}
    solution.load_weights(block, weights)

    y = block(torch.tensor([[[3.0, 1.0], [0.0, 4.0]]]), causal=causal)

    assert y[0, 0].tolist() == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)  # drawing needs no sandbox
    config, weights = checks.draw_config(lab), double(checks.draw_weights(lab))
    x = lab.normal("B T D").double()
    rights = [
        checks.Recipe(config["n_heads"], causal=causal, join=join)
        for causal in (False, True)
        for join in (checks.pre_norm, checks.post_norm)
    ]

    def answers(change: Callable[[Any], Callable[..., Tensor]]) -> Tensor:
        return torch.stack([change(right)(weights, size * x) for right in rights for size in (0.01, 1, 4)])

    found = {"the right block": answers(lambda right: right)}
    found |= {name: answers(wrong) for name, _text, wrong in checks.MISTAKES}
    assert len(found) == len(checks.MISTAKES) + 1
    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"


def double(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: array.double() for name, array in weights.items()}
