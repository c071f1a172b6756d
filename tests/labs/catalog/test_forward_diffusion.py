"""What only the lab `forward-diffusion` needs: its example by hand, and mistakes that can be told apart."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any, cast

import pytest
import torch

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "forward-diffusion"


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    betas, x0, one = torch.tensor([0.1, 0.2]), torch.full((1, 1, 1, 1), 2.0), torch.ones(1, 1, 1, 1)

    first = solution.q_step(x0, torch.tensor([0]), one, betas)
    second = solution.q_step(first, torch.tensor([1]), -one, betas)
    jumped = solution.q_sample(x0, torch.tensor([1]), -0.311 * one, solution.alpha_bars(betas))

    assert [first.item(), second.item(), jumped.item()] == pytest.approx([2.214, 1.533, 1.533], abs=6e-4)


@pytest.mark.parametrize("of", ["JUMPS", "SINGLE_STEPS", "PRODUCTS", "RATIOS"])
def test_every_known_mistake_has_an_answer_of_its_own(of: str) -> None:
    checks = module_from(LAB / "checks.py")
    generator = torch.Generator().manual_seed(1)
    table = torch.rand(12, generator=generator).double() * 0.9 + 0.05
    x, noise = torch.randn(2, 3, 2, 4, 5, generator=generator).double()
    inputs = (x, torch.tensor([7, 2, 9]), noise, table) if of in ("JUMPS", "SINGLE_STEPS") else (table,)
    right = {"JUMPS": checks.jump, "SINGLE_STEPS": checks.step, "PRODUCTS": checks.bars, "RATIOS": checks.ratio}[of]
    found = {name: wrong(*inputs) for name, _text, wrong in getattr(checks, of)} | {"right": right(*inputs)}

    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_frozen_numbers_are_those_of_diffusers() -> None:
    import diffusers  # noqa: PLC0415 - seconds that only this test should cost

    frozen = json.loads((LAB / "data" / "diffusers.json").read_text())
    names = {"linear": "linear", "scaled_linear": "scaled_linear", "cosine": "squaredcos_cap_v2"}

    for kind, values in frozen["alphas_cumprod"].items():
        scheduler = cast("Any", diffusers.DDPMScheduler)(num_train_timesteps=frozen["steps"], beta_schedule=names[kind])
        assert torch.allclose(scheduler.alphas_cumprod[frozen["at"]], torch.tensor(values), atol=1e-6)
