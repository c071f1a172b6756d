"""What only the lab `multi-head-attention` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import Tensor

from gpu_runner.checking import Lab
from gpu_runner.labspec import read_lab
from gpu_runner.protocol import Evidence, judging_files
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "multi-head-attention"


def test_most_of_the_lab_is_computed_outside_the_learners_process() -> None:
    checks = read_lab(judging_files(LAB)).checks

    weak = {check.id for check in checks if check.evidence is not Evidence.COMPUTED}
    assert weak == {"parameters", "inputs-untouched", "by-hand"}


@pytest.mark.parametrize(
    ("heads", "mask", "expected"),
    [
        (2, None, [1.731, 1.5]),
        (1, None, [1.670, 2.009]),
        (2, [[True, False], [True, True]], [1.0, 0.0]),
        (2, [[False, False], [True, True]], [0.0, 0.0]),
    ],
)
def test_the_example_worked_by_hand_in_the_readme_is_right(
    heads: int, mask: list[list[bool]] | None, expected: list[float]
) -> None:
    solution = module_from(LAB / "solution.py")
    layer = solution.MultiHeadAttention(d_model=2, n_heads=heads)
    solution.load_weights(
        layer, {f"w{name}": torch.eye(2) for name in "qkvo"} | {f"b{name}": torch.zeros(2) for name in "qkvo"}
    )

    y = layer(torch.tensor([[[1.0, 0.0], [2.0, 3.0]]]), mask=None if mask is None else torch.tensor(mask))

    assert y[0, 0].tolist() == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)  # drawing needs no sandbox
    right = checks.Recipe(checks.draw_config(lab)["n_heads"])
    weights = {name: array.double() for name, array in checks.draw_weights(lab).items()}
    x = lab.normal("B S D").double()
    mask = checks.with_blind_rows(lab, checks.draw_mask(lab, "B S S"))

    def answers(layer: Callable[..., Tensor]) -> Tensor:
        memory = x.flip(0)
        return torch.stack([layer(weights, x, memory, None), layer(weights, x, memory, mask)])

    found: dict[str, Any] = {"the right layer": answers(right)}
    found |= {name: answers(wrong(right)) for name, _text, wrong in checks.MISTAKES + checks.SOURCES}
    assert len(found) == len(checks.MISTAKES + checks.SOURCES) + 1
    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"
