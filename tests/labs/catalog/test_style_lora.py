"""What only the lab `style-lora` needs: its examples by hand, frozen data, and its U-Net beside that of diffusers."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "style-lora"
FROZEN = {
    "base.safetensors": "ecec9e18a60300b3be68d000e36a13f4997bd51264d73a0d8f44d1fd6415f39d",
    "digits.bin": "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2",
}


def shipped() -> Any:
    return module_from(LAB / "drawing.py").parse((LAB / "data" / "base.safetensors").read_bytes())


@pytest.mark.parametrize("name", FROZEN)
def test_the_data_are_those_that_the_script_wrote(name: str) -> None:
    """`packaging/lab_data/style_base.py` prints these digests."""
    assert hashlib.sha256((LAB / "data" / name).read_bytes()).hexdigest() == FROZEN[name]


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    recipe = module_from(LAB / "reference.py").Recipe()
    noisy = recipe.mix(torch.tensor(0.6), torch.tensor(-1.0), torch.tensor(0.64))
    believed = (noisy - 0.6 * -0.7) / 0.8

    assert [noisy.item(), believed.item()] == pytest.approx([-0.12, 0.375])
    assert recipe.reduce(torch.tensor([-0.7 - -1.0])).item() == pytest.approx(0.09)


def test_the_adapter_has_the_numbers_that_the_readme_says() -> None:
    base, adapted = shipped().base, module_from(LAB / "reference.py").adapted(shipped().base)

    assert sum(tensor.numel() for tensor in base.values()) == 356_065
    assert len(adapted) == 32
    assert 8 * sum(sum(base[f"{name}.weight"].shape) for name in adapted) == 15_360


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    drawing, mistakes = module_from(LAB / "drawing.py"), module_from(LAB / "misconceptions.py")
    lab, base, prompts = Lab(cast("Port", None), 3), shipped().base, shipped().prompts
    state, alpha = drawing.draw_adapter(lab, base)
    batch, right = drawing.draw_batch(lab, prompts).double(), mistakes.Recipe()
    base, state = ({name: tensor.double() for name, tensor in part.items()} for part in (base, state))
    x = (batch.noise, batch.t, batch.prompts)
    forwards = {key: way.forward(base, state, alpha, *x) for key, _, way in mistakes.SCALES}
    losses = {key: way.loss(base, state, alpha, batch) for key, _, way in mistakes.LOSSES}
    forwards["right"], losses["right"] = right.forward(base, state, alpha, *x), right.loss(base, state, alpha, batch)

    for found in (forwards, losses):
        for one, other in combinations(found, 2):
            assert (found[one] - found[other]).abs().max() > 1e-4, f"{one} cannot be told from {other}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_formulas_are_those_of_diffusers() -> None:
    import diffusers  # noqa: PLC0415 - seconds that only this test should cost

    probe, unet = module_from(LAB / "probe.py"), module_from(LAB / "unet.py")
    base, _, prompts = shipped()
    x, t = torch.randn(3, 1, 8, 8), torch.tensor([0, 40, 99])
    theirs = probe.predict(probe.base(base), x, t, prompts[[1, 5, 7]])

    assert isinstance(probe.noise_schedule(), diffusers.DDPMScheduler)
    assert torch.allclose(unet.predict_noise(base, x, t, prompts[[1, 5, 7]]), theirs, atol=1e-4)
    bars = module_from(LAB / "reference.py").BARS.float()
    assert torch.allclose(probe.noise_schedule().alphas_cumprod, bars, atol=1e-6)


@pytest.mark.slow
def test_the_base_draws_what_it_is_asked_for() -> None:
    """What the lab's thresholds rest on: plain ink, and digits that the judge reads."""
    reference = module_from(LAB / "reference.py")
    base, judge, prompts = shipped()
    asked = torch.arange(10).repeat(5)
    noise = torch.randn(50, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    drawn = reference.sample(base, prompts[asked], noise)

    assert drawn.mean().item() == pytest.approx(-0.39, abs=0.03)
    assert (reference.read_digits(judge, drawn) == asked).double().mean() > 0.85
