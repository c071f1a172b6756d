"""What only the lab `conditional-denoiser` needs: its example by hand, mistakes told apart, its neighbour's files."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "conditional-denoiser"


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    solution = module_from(LAB / "solution.py")

    def model(x: Tensor, _t: Tensor, c: Tensor) -> Tensor:
        return torch.where(c == 10, 0.5, 0.8)[:, None] + 0 * x

    guided = solution.guided_noise(model, torch.zeros(1, 1), torch.tensor([3]), torch.tensor([7]), 3.0)
    told = solution.drop_labels(torch.tensor([7, 3, 5, 1]), torch.tensor([0.05, 0.62, 0.09, 0.1]), 0.1)

    assert guided.item() == pytest.approx(1.4)
    assert told.tolist() == [10, 3, 10, 1]


def inputs() -> dict[str, tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(3)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).double()

    weights = {"a": draw(5, 4) * 0.4, "b": draw(4, 5) * 0.4, "e": draw(9, 5), "l": draw(11, 5)}
    bars, c = (1 - torch.linspace(0.03, 0.3, 9).double()).cumprod(0), torch.tensor([7, 3, 5])
    return {
        "DROPS": (c, torch.tensor([0.05, 0.6, 0.9]), 0.1),
        "GUIDES": (weights, draw(3, 4), torch.tensor([1, 4, 7]), c, 2.5),
        "SAMPLERS": (weights, draw(3, 4), c, 1.7, [7, 5, 2], bars),
    }


@pytest.mark.parametrize("of", ["DROPS", "GUIDES", "SAMPLERS"])
def test_every_known_mistake_has_an_answer_of_its_own(of: str) -> None:
    misconceptions, reference = (module_from(LAB / f"{name}.py") for name in ("misconceptions", "reference"))
    right = {"DROPS": reference.dropped, "GUIDES": reference.Guided(), "SAMPLERS": reference.Sampler()}[of]
    on = inputs()[of]
    found: dict[str, Tensor] = {name: wrong(*on) for name, _, wrong in getattr(misconceptions, of)}

    for one, other in combinations({**found, "right": right(*on)}.items(), 2):
        assert (one[1] - other[1]).abs().max() > 1e-3, f"{one[0]} cannot be told from {other[0]}"


@pytest.mark.parametrize("name", ["digits.bin", "judge.safetensors"])
def test_the_frozen_files_are_those_of_the_ddpm_lab(name: str) -> None:
    assert (LAB / "data" / name).read_bytes() == (CATALOG / "train-a-ddpm" / "data" / name).read_bytes()
