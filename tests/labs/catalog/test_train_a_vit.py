"""What only the lab `train-a-vit` needs: its numbers by hand, and a library that agrees with its reference."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "train-a-vit"
CLOSE = 1e-5
"""Hugging Face takes the softmax in float32."""


def drawn(seed: int) -> tuple[dict[str, int], dict[str, torch.Tensor], torch.Tensor]:
    """A configuration, weights and images in float64."""
    drawing, lab = module_from(LAB / "drawing.py"), Lab(cast("Port", None), seed)  # drawing needs no sandbox
    config = drawing.draw_config(lab)
    weights = {name: array.double() for name, array in drawing.draw_weights(lab, config).items()}
    return config, weights, drawing.draw_images(lab, config, "3").double()


def hugging_face(config: dict[str, int]) -> Any:
    sizes: dict[str, Any] = {
        "attn_implementation": "eager",
        "hidden_size": config["width"],
        "intermediate_size": 4 * config["width"],
        "image_size": config["size"],
    }
    sizes |= {"num_hidden_layers": config["layers"], "num_attention_heads": config["heads"]}
    sizes |= {"patch_size": config["patch"], "num_channels": config["channels"], "num_labels": config["classes"]}
    model: Any = ViTForImageClassification(ViTConfig(**sizes))
    return model.double().eval()


def test_the_numbers_worked_by_hand_in_the_readme_are_right() -> None:
    reference = module_from(LAB / "reference.py")
    patches = reference.cut(torch.arange(16.0).view(1, 1, 4, 4), 2)[0]
    assert patches[:3].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13]]

    loss = reference.smoothed(torch.tensor([[2.0, 0, 0, 0]]), torch.tensor([0]), 0.1)
    assert loss.item() == pytest.approx(0.491, abs=6e-4)

    maps = torch.tensor([[0.5, 0.5], [0.0, 1.0]]).expand(2, 1, 1, 2, 2)
    assert reference.rolled(maps).tolist() == [[0.4375]]

    stretched = reference.cubic(2, 4) @ torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert stretched.tolist() == pytest.approx([-0.105, 0.227, 0.773, 1.105], abs=6e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_is_hugging_faces_vit(seed: int) -> None:
    config, weights, images = drawn(seed)
    right, theirs = module_from(LAB / "reference.py").Recipe(config["heads"]), hugging_face(config)
    assert {name: list(array.shape) for name, array in theirs.state_dict().items()} == {
        name: list(array.shape) for name, array in weights.items()
    }
    theirs.load_state_dict(weights)
    wide = torch.cat([images, images, images[..., : config["patch"]]], dim=3)

    with torch.no_grad():
        found = theirs(images, output_attentions=True)
        torch.testing.assert_close(right(weights, images), found.logits, atol=CLOSE, rtol=CLOSE)
        torch.testing.assert_close(right.maps(weights, images), torch.stack(found.attentions), atol=CLOSE, rtol=CLOSE)
        elsewhere = theirs(wide, interpolate_pos_encoding=True).logits
        torch.testing.assert_close(right(weights, wide), elsewhere, atol=CLOSE, rtol=CLOSE)


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    config, weights, images = drawn(4)
    right, wrong = module_from(LAB / "reference.py").Recipe(config["heads"]), module_from(LAB / "misconceptions.py")
    wide = torch.cat([images, images], dim=3)
    for found, x in [(wrong.MODELS, images), (wrong.MODELS + wrong.ELSEWHERE, wide)]:
        answers = {name: change(right)(weights, x) for name, _text, _skill, change in found} | {
            "right": right(weights, x)
        }
        for one, other in combinations(answers, 2):
            assert (answers[one] - answers[other]).abs().max() > 1e-4, f"{one} cannot be told from {other}"


def test_digits_are_shuffled_and_turned_anew() -> None:
    drawing = module_from(LAB / "drawing.py")

    class WithData(Lab):
        def data(self, path: str) -> bytes:
            return (LAB / path).read_bytes()

    ways = [drawing.draw_digits(WithData(cast("Port", None), seed)) for seed in range(2)]
    assert [tuple(images.shape) for images, _labels in ways] == [(1797, 1, 8, 8)] * 2
    assert ways[0][1].bincount().tolist() == ways[1][1].bincount().tolist()
    assert not torch.equal(ways[0][0], ways[1][0])
