"""What only the lab `fine-tune-stable-diffusion` needs: its example by hand, and its formulas beside the libraries."""

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

LAB = CATALOG / "fine-tune-stable-diffusion"
SHAPES = "447c424fa76e4a1f7b57bb9e3ae81d395d2ad309b014a231914fdc8e5b4b0a96"


class Files:
    """As much of a port as drawing needs."""

    files = {"data/shapes.json": (LAB / "data" / "shapes.json").read_bytes()}


def drawn(seed: int = 1) -> tuple[Lab, Any, Any]:
    drawing, lab = module_from(LAB / "drawing.py"), Lab(cast("Port", Files()), seed)
    return lab, drawing, drawing.draw_models(lab)


def test_the_shapes_are_those_that_the_script_wrote() -> None:
    """`packaging/lab_data/tiny_stable_diffusion.py` prints this digest."""
    assert hashlib.sha256(Files.files["data/shapes.json"]).hexdigest() == SHAPES


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    recipe = module_from(LAB / "reference.py").Recipe()
    latent = recipe.scaled(recipe.drawn(2.0, 0.5, -1.0), 0.4)
    noisy, velocity = 0.8 * latent + 0.6 * -1, 0.8 * -1 - 0.6 * latent

    assert [latent, noisy, velocity] == pytest.approx([0.6, -0.12, -1.16])
    assert 0.8 * noisy - 0.6 * velocity == pytest.approx(latent)
    assert recipe.joined((-1 - velocity) ** 2, 0.5**2, 0.3) == pytest.approx(0.1006)


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    lab, drawing, models = drawn()
    models, mistakes = models.double(), module_from(LAB / "misconceptions.py")
    batch, pixels = drawing.draw_batch(lab, 6).double(), lab.uniform("B 3 16 16", low=-1.0).double()

    def answers(ways: Any, of: Any) -> dict[str, Any]:
        return {key: of(way) for key, _, way in ways} | {"right": of(mistakes.Recipe())}

    kind = "v_prediction"
    families = [
        answers(mistakes.LATENTS, lambda way: way.latents(models.vae, pixels, 0.4, batch.noise)),
        answers(mistakes.LOSSES, lambda way: way.loss(models.unet, kind, batch)),
        answers(mistakes.PRIORS, lambda way: way.prior_loss(models.unet, kind, batch, 0.3)),
    ]
    for found in families:
        found.pop("always-velocity", None)  # right for this kind
        for one, other in combinations(found, 2):
            assert (found[one] - found[other]).abs().max() > 1e-4, f"{one} cannot be told from {other}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_formulas_are_those_of_diffusers_and_transformers() -> None:
    lab, drawing, models = drawn(2)
    probe, encoders = module_from(LAB / "probe.py"), module_from(LAB / "encoders.py")
    lab.fix(B=3, **drawing.SIZES)
    ids, pixels, batch = drawing.draw_ids(lab), lab.uniform("B 3 16 16", low=-1.0), drawing.draw_batch(lab, 3)
    with torch.no_grad():
        text = probe.make_text_encoder({"text": models.text})(ids)
        posterior = probe.make_vae({"vae": models.vae}, 1.0).encode(pixels).latent_dist
        unet = probe.make_unet({"unet": models.unet})(batch.latents, batch.t, batch.prompts).sample
    mean, deviation = encoders.posterior(models.vae, pixels)

    assert torch.allclose(encoders.read_prompts(models.text, ids), text.last_hidden_state, atol=1e-5)
    assert torch.allclose(mean, posterior.mean, atol=1e-5)
    assert torch.allclose(deviation, posterior.std, atol=1e-5)
    predicted = module_from(LAB / "unet.py").predict(models.unet, batch.latents, batch.t, batch.prompts)
    assert torch.allclose(predicted, unet, atol=1e-4)
    bars = module_from(LAB / "reference.py").BARS.float()
    assert torch.allclose(probe.noise_schedule().alphas_cumprod, bars, atol=1e-6)
