"""What only the lab `u-net-blocks` needs: examples by hand, mistakes that can be told apart, and diffusers' block."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "u-net-blocks"


def test_the_norm_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    x, one, zero = torch.tensor([1.0, 3, 10, 20]).view(1, 4, 1, 1), torch.ones(4), torch.zeros(4)

    assert solution.normalise_groups(x, 2, one, zero).flatten().tolist() == pytest.approx([-1, 1, -1, 1], abs=1e-4)
    together = solution.normalise_groups(x, 1, one, zero).flatten().tolist()
    assert together == pytest.approx([-1.009, -0.740, 0.202, 1.547], abs=6e-4)


def test_time_sizes_and_view_worked_by_hand_in_the_readme_are_right() -> None:
    solution = module_from(LAB / "solution.py")
    embedded = solution.time_embedding(torch.tensor([3.0]), 4)[0].tolist()
    down, up = solution.Down(1), solution.Up(1, 1)
    seven = down(torch.zeros(1, 1, 13, 13))
    four = down(seven)

    assert embedded == pytest.approx([0.141, 0.030, -0.990, 1.000], abs=6e-4)
    assert [seven.size(2), four.size(2)] == [7, 4]
    assert up(four, seven).shape == (1, 2, 7, 7)
    assert solution.receptive_field([[3, 1], [3, 2], [3, 1], [3, 2], [3, 1]]) == 21
    assert solution.receptive_field([[3, 1]] * 5) == 11


def test_every_known_mistake_of_a_block_has_an_answer_of_its_own() -> None:
    drawing, reference, wrong = (module_from(LAB / f"{name}.py") for name in ("drawing", "reference", "misconceptions"))
    lab = Lab(cast("Port", None), 1)  # drawing needs no sandbox
    config = drawing.draw_channels(lab, widened=False)
    weights = {name: array.double() for name, array in drawing.draw_block(lab, config).items()}
    x, time = drawing.draw_images(lab, "B C H W").double(), lab.normal("B E").double()
    right = reference.Recipe(config["groups"])
    answers = {name: change(right)(weights, x, time) for name, _text, change in wrong.BLOCKS}
    answers["right"] = right(weights, x, time)

    for one, other in combinations(answers, 2):
        assert (answers[one] - answers[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"


@pytest.mark.parametrize(("groups", "channels"), [(2, 6), (3, 6)])
def test_the_reference_norm_is_torchs(groups: int, channels: int) -> None:
    reference = module_from(LAB / "reference.py")
    x, weight, bias = (
        torch.randn(3, channels, 4, 5).double(),
        torch.randn(channels).double(),
        torch.randn(channels).double(),
    )
    theirs = torch.nn.functional.group_norm(x, groups, weight, bias)

    assert torch.allclose(reference.normalise_groups(x, groups, weight, bias), theirs)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_residual_block_is_that_of_diffusers() -> None:
    from diffusers.models.resnet import ResnetBlock2D  # noqa: PLC0415 - seconds that only this test should cost

    solution = module_from(LAB / "solution.py")
    sizes: dict[str, Any] = {"in_channels": 6, "out_channels": 12, "temb_channels": 5, "groups": 3, "eps": 1e-5}
    theirs = ResnetBlock2D(**sizes)
    names = {"time_emb_proj": "time", "conv_shortcut": "shortcut"}
    state = {".".join(names.get(part, part) for part in key.split(".")): v for key, v in theirs.state_dict().items()}
    mine = solution.ResBlock(6, 12, 5, 3)
    solution.load_weights(mine, state)
    x, time = torch.randn(2, 6, 4, 5), torch.randn(2, 5)

    assert torch.allclose(mine(x, time), theirs(x, time), atol=1e-5)
