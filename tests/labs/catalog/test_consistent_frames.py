"""What only the lab `consistent-frames` needs: its example by hand, its frozen model, and mistakes that differ."""

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

LAB = CATALOG / "consistent-frames"


class Drawing(Lab):
    """Draws without a sandbox."""

    def data(self, path: str) -> bytes:
        return (LAB / path).read_bytes()


def drawn(seed: int) -> tuple[Any, Any, Drawing]:
    """The image model and layers for it, in float64."""
    drawing, lab = module_from(LAB / "drawing.py"), Drawing(cast("Port", None), seed)
    image = drawing.exact(drawing.shipped(lab))
    return image, [drawing.exact(layer) for layer in drawing.draw_layers(lab)], lab


def test_the_image_model_is_the_one_that_the_script_wrote() -> None:
    """`packaging/lab_data/frame_denoiser.py` prints this digest."""
    digest = "aff631afad78784f0b82742a242ed975ce315525e7977535a8ad40c88466c88c"
    assert hashlib.sha256((LAB / "data" / "image.safetensors").read_bytes()).hexdigest() == digest


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    recipe = module_from(LAB / "reference.py").Recipe(heads=1, norm=lambda x, *_: x)
    one, none = torch.ones(1, 1), torch.zeros(1)
    weights = {"gain": none, "shift": none, "positions": torch.zeros(2, 1), "wq": one, "wk": one, "wv": one}
    h = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)

    added = recipe.layer(weights | {"wo": one, "bo": none}, h) - h
    assert added.flatten().tolist() == pytest.approx([0.762, -0.762], abs=5e-4)


def test_the_sizes_in_the_readme_are_right() -> None:
    reference = module_from(LAB / "reference.py")
    image, _, _ = drawn(1)
    sizes = {"C": 16, "F": 8}
    numbers = [torch.Size([sizes[axis] for axis in axes.split()]).numel() for axes in reference.ARRAYS.values()]

    assert sum(array.numel() for array in image.values()) == 10_868
    assert reference.BLOCKS * sum(numbers) == 2_400


def test_cut_clips_show_two_scenes() -> None:
    clips = module_from(LAB / "scenes.py").draw_clips(50, torch.Generator().manual_seed(2))

    assert clips.shape == (50, 1, 8, 12, 12)
    assert clips.abs().max() <= 1
    assert all(len(clip[0].flatten(1).unique(dim=0)) == 2 for clip in clips)


def test_the_image_model_in_formulas_is_the_module_that_learners_get() -> None:
    image, _, lab = drawn(4)
    probe, recipe = module_from(LAB / "probe.py"), module_from(LAB / "reference.py").Recipe()
    x, t = lab.normal("B 1 F S S").double(), torch.tensor([0, 3, 7])
    model = probe.image_model(image).double()
    frames = x.transpose(1, 2).flatten(0, 1)

    theirs = model(frames, t.repeat_interleave(x.size(2))).unflatten(0, x.shape[:1] + x.shape[2:3]).transpose(1, 2)
    assert torch.allclose(recipe.video(image, [], x, t), theirs)


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    image, layers, lab = drawn(3)
    wrong, reference = module_from(LAB / "misconceptions.py"), module_from(LAB / "reference.py")
    h, frames = torch.randn(2 * lab.size("F"), 16, 3, 4).double(), lab.size("F")
    noise = lab.normal("B 1 F S S").double()
    found = {
        "layer": {key: way.layer(layers[0], h) for key, _, way, _ in wrong.LAYER},
        "sample": {key: way.sample(image, layers, noise) for key, _, way, _ in wrong.SAMPLES},
    }
    right = reference.Recipe()
    found["layer"]["right"], found["sample"]["right"] = right.layer(layers[0], h), right.sample(image, layers, noise)

    assert frames == len(layers[0]["positions"])
    for answers in found.values():
        for one, other in combinations(answers, 2):
            assert (answers[one] - answers[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"
