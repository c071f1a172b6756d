"""What only the lab `mini-u-net` needs: its numbers by hand, its images, its filters, and mistakes told apart."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, cast

import pytest
import torch

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "mini-u-net"


def drawn(seed: int, count: int) -> torch.Tensor:
    shapes: torch.Tensor = module_from(LAB / "drawing.py").draw_shapes(Lab(cast("Port", None), seed), count)
    return shapes


def test_the_numbers_worked_by_hand_in_the_readme_are_right() -> None:
    scoring, solution = module_from(LAB / "scoring.py"), module_from(LAB / "solution.py")
    clean = torch.zeros(1, 1, 16, 16)

    assert scoring.psnr(clean + 0.6, clean) == pytest.approx(10.46, abs=6e-3)
    assert math.pow(10, -0.72) == pytest.approx(0.191, abs=6e-4)
    assert 10 * math.log10(9) == pytest.approx(9.54, abs=6e-3)
    net = solution.MiniUNet(16, 4)
    widths = {name: (getattr(net, name).conv1.in_channels, getattr(net, name).conv1.out_channels) for name in BLOCKS}
    assert widths == BLOCKS
    assert sum(p.numel() for p in net.parameters()) == 114_753


BLOCKS = {"enc0": (16, 16), "enc1": (16, 32), "mid": (32, 32), "dec1": (64, 32), "dec0": (32, 16)}


def test_shapes_fill_the_range_and_no_two_are_alike() -> None:
    images = drawn(1, 300)

    assert images.shape == (300, 1, 16, 16)
    assert (images.min().item(), images.max().item()) == (-1.0, 1.0)
    assert len({image.numpy().tobytes() for image in images}) == 300
    assert not torch.equal(images, drawn(2, 300))


def test_filters_gain_what_the_readme_says_of_them_and_less_than_is_asked() -> None:
    """A blur gains 5.8 dB at σ = 0.6 and loses 7 at 0.1; the best linear map stays well below the goal."""
    scoring, checks = module_from(LAB / "scoring.py"), module_from(LAB / "checks.py")
    train, clean = drawn(3, checks.TRAIN), drawn(4, 1000)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(5))

    def gain(answer: torch.Tensor, noisy: torch.Tensor) -> float:
        return float(scoring.psnr(answer, clean) - scoring.psnr(noisy, clean))

    strong, faint = clean + 0.6 * noise, clean + 0.1 * noise
    assert gain(scoring.blurred(strong), strong) == pytest.approx(5.8, abs=0.2)
    assert gain(scoring.blurred(faint), faint) == pytest.approx(-7.0, abs=0.3)
    assert gain(scoring.best_linear(strong, 0.6, train), strong) <= checks.GOAL - 0.7


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    drawing, reference, wrong = (module_from(LAB / f"{name}.py") for name in ("drawing", "reference", "misconceptions"))
    lab = Lab(cast("Port", None), 1)  # drawing needs no sandbox
    config = drawing.draw_config(lab)
    weights = {name: array.double() for name, array in drawing.draw_weights(lab, **config).items()}
    x, sigma = lab.normal("3 1 8 12").double(), lab.uniform("3", low=0.2).double()
    right = reference.Recipe(config["groups"])
    answers = {name: change(right)(weights, x, sigma) for name, _text, change in wrong.NETWORKS}
    answers["right"] = right(weights, x, sigma)

    for one, other in combinations(answers, 2):
        assert (answers[one] - answers[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"
