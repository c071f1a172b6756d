"""What only the lab `hook-into-the-u-net` needs: numbers by hand, and that its reference is diffusers' own U-Net."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "hook-into-the-u-net"


def test_the_numbers_of_stable_diffusion_in_the_readme_are_right() -> None:
    """A pass at full size over tensors that have shapes and no values."""
    drawing, reference = module_from(LAB / "drawing.py"), module_from(LAB / "reference.py")
    shapes = drawing.shapes_of(drawing.config_of([320, 640, 1280, 1280], 768, heads=8, groups=32))
    meta: dict[str, Any] = {"device": "meta", "dtype": torch.float64}
    run = reference.Pass({name: torch.empty(shape, **meta) for name, shape in shapes.items()}, 8, 32)
    step = torch.empty(1, dtype=torch.int64, device="meta")
    run.run(torch.empty(1, 4, 64, 64, **meta), step, torch.empty(1, 77, 768, **meta))
    sizes, work = Counter[str](), Counter[str]()
    for name, shape in shapes.items():
        sizes[reference.block_of(name)] += torch.Size(shape).numel()
    for row in run.rows:
        work[reference.block_of(row.name)] += row.macs
    first = next(row for row in run.rows if row.name == "down_blocks.0.resnets.0.conv1")

    assert sizes.total() == 859_520_964
    assert len(run.rows) == 282
    assert round(work.total() / 1e9, 1) == 338.6
    assert sum(2 * torch.Size(row.out).numel() for row in run.rows) // 2**20 == 451
    assert (first.params, round(first.macs / 1e9, 2)) == (921_920, 3.77)
    shares = [sizes["up_blocks.1"] / sizes.total(), sizes["down_blocks.0"] / sizes.total()]
    assert [round(share, 2) for share in [*shares, work["down_blocks.0"] / work.total()]] == [0.30, 0.01, 0.10]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_reference_is_the_u_net_of_diffusers() -> None:
    from diffusers.models.unets.unet_2d_condition import (  # noqa: PLC0415 - seconds that only this test should cost
        UNet2DConditionModel,
    )

    drawing, reference = module_from(LAB / "drawing.py"), module_from(LAB / "reference.py")
    lab = Lab(cast("Port", None), 5)  # drawing needs no sandbox
    config = drawing.draw_config(lab)
    weights, (sample, t, text) = drawing.draw_weights(lab, config), drawing.draw_inputs(lab)
    unet = cast("Any", UNet2DConditionModel)(**config).double()
    run = reference.Pass({name: array.double() for name, array in weights.items()}, 2, 2)

    unet.load_state_dict(weights)  # refuses a name or a shape that is not its own
    with torch.no_grad():
        theirs = unet(sample.double(), t, encoder_hidden_states=text.double()).sample
    assert torch.allclose(run.run(sample.double(), t, text.double()), theirs, atol=1e-4)  # its clock is float32


def test_every_known_mistake_of_a_map_has_an_answer_of_its_own() -> None:
    reference, wrong = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    q, k = torch.randn(2, 6, 8).double(), torch.randn(2, 5, 8).double()
    answers = {name: fn(q, k, 2) for name, _text, fn in wrong.MAPS} | {"right": reference.probabilities(q, k, 2)}

    for one, other in combinations(answers, 2):
        assert (answers[one] - answers[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"
