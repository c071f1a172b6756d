"""What only the lab `clip-text-embeddings` needs: its examples by hand, and that the library agrees with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
import torch

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "clip-text-embeddings"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    embed = module_from(LAB / "solution.py")

    ids, mask = embed.batch([[3, 1], [3, 1, 4, 1, 5]], 8, 9, 5)
    prompts = torch.tensor([[[6.0, 0.0], [0.0, 1.0]]])

    assert ids.tolist() == [[8, 3, 1, 9, 9], [8, 3, 1, 4, 9]]
    assert mask.tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert embed.cosine(torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 2.0]])).item() == pytest.approx(0.8)
    assert embed.class_vectors(prompts)[0].tolist() == pytest.approx([0.707, 0.707], abs=6e-4)
    assert embed.unit(prompts.mean(1))[0].tolist() == pytest.approx([0.986, 0.164], abs=6e-4)


def test_the_loss_worked_by_hand_in_the_readme_is_right() -> None:
    embed = module_from(LAB / "solution.py")
    text, image = torch.tensor([[1.0, 0.0], [0.6, 0.8]]), torch.eye(2)  # whose cosines are the example's

    assert embed.contrastive_loss(text, image, torch.zeros(())).item() == pytest.approx(0.449, abs=6e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_library_agrees_with_the_formulas(seed: int) -> None:
    checks, probe = module_from(LAB / "checks.py"), module_from(LAB / "probe.py")
    lab = Lab(cast("Port", None), seed)  # drawing needs no sandbox
    config, weights, right = checks.draw_clip(lab)
    ids = checks.draw_ids(lab, config["bos_token_id"], config["eos_token_id"])

    with torch.no_grad():
        found = torch.nn.functional.normalize(probe.clip(config, weights)(input_ids=ids).text_embeds, dim=-1)

    exact = right({name: array.double() for name, array in weights.items()}, ids)
    assert torch.allclose(found.double(), exact, atol=1e-5)
