"""What only the lab `video-diffusion-pipeline` needs: numbers by hand, its tokens, and formulas that are diffusers'."""

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

LAB = CATALOG / "video-diffusion-pipeline"


class Drawing(Lab):
    """Draws without a sandbox."""

    def data(self, path: str) -> bytes:
        return (LAB / path).read_bytes()


def drawn(seed: int) -> tuple[Any, Any, Any]:
    """Setup, given and run, without a sandbox."""
    drawing, lab = module_from(LAB / "drawing.py"), Drawing(cast("Port", None), seed)
    setup = drawing.draw_setup(lab)
    return setup, drawing.given(setup), drawing.draw_run(lab)


def test_the_data_are_those_that_the_script_wrote() -> None:
    """`packaging/lab_data/tiny_video_pipeline.py` prints this digest."""
    digest = "b92e96d1dbff5c23fe74ba633f8b4a13d73e41ded13e4e5ed41584dda32a20f6"
    assert hashlib.sha256((LAB / "data" / "shapes.json").read_bytes()).hexdigest() == digest


def test_the_numbers_worked_by_hand_in_the_readme_are_right() -> None:
    reference = module_from(LAB / "reference.py")
    costs = reference.budget(frames=16, height=512, width=512, factor=8, channels=4, steps=25, scale=7.5)

    assert costs["latent_values"] == 262_144
    assert (costs["unet_frames"], costs["rgb_bytes"]) == (800, 12_582_912)
    scores = [costs[f"{kind}_scores"] for kind in ("joint", "spatial", "temporal")]
    assert [f"{count:.1e}" for count in scores] == ["4.3e+09", "2.7e+08", "1.0e+06"]
    assert reference.frames_of(torch.full((1, 3, 1, 1, 1), 0.3)).unique().tolist() == [166]
    assert reference.guided(torch.tensor(0.1), torch.tensor(0.2), 7.5).item() == pytest.approx(0.85)


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    setup, _, run = drawn(3)
    reference, wrong = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    doubled, run = reference.Setup(setup.models.double(), setup.settings), reference.Run(**run)
    run = run._replace(latents=run.latents.double(), prompts=run.prompts.double())
    for kind, ways in {"ddim": wrong.ASSEMBLED, "euler": [*wrong.LOOPS, *wrong.PROMPTS[:1]]}.items():
        answers = {key: way.loop(kind, doubled, run) for key, _, way, _ in ways}
        answers["right"] = reference.Recipe().loop(kind, doubled, run)
        for one, other in combinations(answers, 2):
            assert (answers[one] - answers[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_formulas_are_those_of_diffusers_and_transformers() -> None:
    """The reference against the pipeline's own run, its tokenizer and its encoders; no learner takes part."""
    setup, case, run = drawn(5)
    probe, drawing = module_from(LAB / "probe.py"), module_from(LAB / "drawing.py")
    reference, encoders = module_from(LAB / "reference.py"), module_from(LAB / "encoders.py")
    pipe, texts = probe.pipeline(case), ["a red ball", "slow", "a red blue ball rolls left right fast"]
    tokens = pipe.tokenizer(texts, padding="max_length", truncation=True, max_length=7, return_tensors="pt")
    ids, real = drawing.ids_of(texts)

    assert torch.equal(tokens.input_ids, ids)
    assert torch.equal(tokens.attention_mask.bool(), real)
    with torch.no_grad():
        assert torch.allclose(
            pipe.text_encoder(ids).last_hidden_state, encoders.read_prompts(setup.models.text, ids), atol=1e-4
        )
        theirs = pipe.decode_latents(run["latents"])
    assert torch.allclose(theirs, reference.decode(setup, run["latents"]), atol=1e-4)
    for kind in ("ddim", "euler"):
        latents = reference.Recipe().loop(kind, setup, reference.Run(**run))
        given = dict(run)
        pipe = probe.pipeline(case, kind)
        pipe.scheduler.set_timesteps(run["steps"])
        given["latents"] = run["latents"] / pipe.scheduler.init_noise_sigma
        assert torch.allclose(probe.run(pipe, given), latents.float(), rtol=1e-3, atol=1e-3)
