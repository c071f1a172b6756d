"""What only the lab `train-a-ddpm` needs: its example by hand, mistakes told apart, frozen files, a library."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import Any, cast

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # it ships no types
from torch import Tensor

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "train-a-ddpm"
BETAS = torch.tensor([0.1, 0.2])


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    x, eps, bars = torch.tensor([[1.533]]), torch.tensor([[-0.311]]), (1 - BETAS).cumprod(0)

    leaps = [solution.ddim_step(x, 1, s, eps, bars).item() for s in (-1, 0)]
    mean, spread = (solution.ddpm_step(z * x, 1, z * eps, one * (1 - z), BETAS, "posterior").item() for z, one in KINDS)

    assert leaps == pytest.approx([2.0, 1.799], abs=1e-3)
    assert [mean, spread] == pytest.approx([1.845, 0.267], abs=1e-3)
    assert solution.posterior_variance(BETAS).tolist() == pytest.approx([0, 0.0714], abs=1e-4)


KINDS = [(torch.tensor(1.0), torch.tensor(0.0)), (torch.tensor(0.0), torch.ones(1, 1))]
"""The state alone, and noise of one alone."""


def inputs() -> dict[str, tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(3)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).double()

    betas = torch.rand(9, generator=generator).double() * 0.27 + 0.03
    bars, weights = (1 - betas).cumprod(0), {"a": draw(5, 4) * 0.4, "b": draw(4, 5) * 0.4, "e": draw(9, 5)}
    t = torch.tensor([1, 4, 7])
    return {
        "LOSSES": (weights, draw(3, 4), t, draw(3, 4), bars),
        "VARIANCES": (betas,),
        "STEPS": (draw(3, 4), 2, draw(3, 4), draw(3, 4), betas),
        "LEAPS": (draw(3, 4), 5, -1, draw(3, 4), bars),
        "SAMPLERS": (weights, draw(3, 4), draw(9, 3, 4), betas),
    }


@pytest.mark.parametrize("of", ["LOSSES", "VARIANCES", "STEPS", "SAMPLERS", "LEAPS"])
def test_every_known_mistake_has_an_answer_of_its_own(of: str) -> None:
    misconceptions, reference = (module_from(LAB / f"{name}.py") for name in ("misconceptions", "reference"))
    right = {
        "LOSSES": reference.Loss(),
        "VARIANCES": reference.posterior_variance,
        "STEPS": reference.Ancestral(),
        "SAMPLERS": reference.Sampler(),
        "LEAPS": reference.Leap(),
    }
    on = inputs()[of]
    found: dict[str, Tensor] = {name: wrong(*on) for name, _, wrong in getattr(misconceptions, of)}
    same_at_the_end = {"noise-dropped", "noise-of-start", "image-unscaled"} if of == "LEAPS" else set()
    found = {name: answer for name, answer in found.items() if name not in same_at_the_end}

    for one, other in combinations({**found, "right": right[of](*on)}.items(), 2):
        assert (one[1] - other[1]).abs().max() > 1e-5, f"{one[0]} cannot be told from {other[0]}"


def test_the_frozen_digits_are_those_of_scikit_learn() -> None:
    pixels, labels = load_digits(return_X_y=True)
    frozen = (LAB / "data" / "digits.bin").read_bytes()

    assert frozen == np.column_stack([pixels, labels]).astype(np.uint8).tobytes()


def test_the_frozen_judge_is_the_one_that_its_script_made() -> None:
    digest = hashlib.sha256((LAB / "data" / "judge.safetensors").read_bytes()).hexdigest()

    assert digest == "4d1a288045300959adb664f4fb55452d56a1091afb84a30eb9de11b5f6646f88"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_diffusers_takes_the_same_steps() -> None:
    import diffusers  # noqa: PLC0415 - seconds that only this test should cost

    reference = module_from(LAB / "reference.py")
    betas = torch.linspace(0.03, 0.3, 10).double()
    x, eps, _ = torch.randn(3, 2, 5, generator=torch.Generator().manual_seed(2)).double()
    options: dict[str, Any] = {"num_train_timesteps": 10, "trained_betas": betas.tolist(), "clip_sample": False}
    ddpm, ddim = cast("Any", diffusers.DDPMScheduler), cast("Any", diffusers.DDIMScheduler)

    for kind, variance in {"fixed_large": "beta", "fixed_small": "posterior"}.items():
        generator = torch.Generator().manual_seed(5)
        theirs = ddpm(variance_type=kind, **options).step(eps, 4, x, generator=generator).prev_sample
        z = torch.randn(2, 5, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
        assert torch.allclose(theirs, reference.Ancestral()(x, 4, eps, z, betas, variance), atol=1e-5)
    leaping = ddim(**options)
    leaping.set_timesteps(5)
    for t, s in ((6, 4), (0, -1)):
        ours = reference.Leap()(x, t, s, eps, (1 - betas).cumprod(0))
        assert torch.allclose(leaping.step(eps, t, x).prev_sample, ours, atol=1e-5)
