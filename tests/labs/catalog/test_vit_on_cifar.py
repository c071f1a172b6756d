"""What only the lab `vit-on-cifar` needs: its numbers by hand, its images, and mistakes told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
import torch

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "vit-on-cifar"


def drawn(seed: int, count: int) -> tuple[Any, torch.Tensor, torch.Tensor]:
    drawing, lab = module_from(LAB / "drawing.py"), Lab(cast("Port", None), seed)  # drawing needs no sandbox
    world = drawing.draw_world(lab)
    images, labels = drawing.draw_set(lab, world, count)
    return world, images, labels


def test_the_numbers_worked_by_hand_in_the_readme_are_right() -> None:
    reference, wrong = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    images = torch.zeros(3, 3, 32, 32, dtype=torch.uint8)
    images[2, 1, 3, 5] = 200
    content = reference.as_bytes(images, torch.zeros(3, dtype=torch.long))
    assert content.nonzero().tolist() == [[7272]]

    assert reference.wilson(18, 20).tolist() == pytest.approx([0.699, 0.972], abs=6e-4)
    assert wrong.wald(18, 20).tolist() == pytest.approx([0.769, 1.031], abs=6e-4)

    confidence = torch.tensor([0.4, 0.6, 0.8, 0.9]).double()
    rest = (1 - confidence) / 2  # three classes, so that 0.4 is the largest
    logits = torch.stack([confidence, rest, rest], dim=1).log()
    assert reference.calibration(logits, torch.tensor([0, 0, 1, 0]), 2).item() == pytest.approx(0.225)


def test_the_model_solution_measures_as_the_reference() -> None:
    reference, solution = module_from(LAB / "reference.py"), module_from(LAB / "solution.py")
    generator = torch.Generator().manual_seed(1)
    logits, labels = 2 * torch.randn(300, 7, generator=generator), torch.randint(7, (300,), generator=generator)
    found = solution.evaluate(logits, labels, 10)

    assert found["top5"] == pytest.approx(reference.hits(logits, labels, 5).mean().item())
    assert found["ece"] == pytest.approx(reference.calibration(logits.double(), labels, 10).item(), abs=1e-6)
    assert [found["low"], found["high"]] == pytest.approx(reference.wilson(found["top1"] * 300, 300).tolist())
    assert torch.equal(found["confusion"].double(), reference.table(logits, labels))


def test_classes_are_even_and_drawn_anew() -> None:
    (one, images, labels), (other, others, _) = drawn(1, 200), drawn(2, 200)

    assert images.shape == (200, 3, 32, 32)
    assert images.dtype == torch.uint8
    assert labels.bincount().tolist() == [20] * 10
    assert one != other
    assert not torch.equal(images, others)
    assert len({one.name(label) for label in range(10)}) == 10


def test_colour_and_place_tell_little_of_the_class() -> None:
    """The nearest mean colour is right for little more than one in ten, as the README says."""
    wrong = module_from(LAB / "wrong" / "mean_colour.py")
    lab, drawing = Lab(cast("Port", None), 3), module_from(LAB / "drawing.py")
    world = drawing.draw_world(lab)
    (images, labels), (new, truth) = (drawing.draw_set(lab, world, count) for count in (2000, 500))
    model, mean, std = wrong.train(images, labels, 10)
    guess = wrong.predict(model, wrong.normalise(new, mean, std), 100).argmax(1)

    assert (guess == truth).double().mean() < 0.2


@pytest.mark.parametrize("seed", range(3))
def test_a_mirror_changes_no_class(seed: int) -> None:
    """What is learnt from images is right for their mirror images too, or flips would teach the wrong thing."""
    _world, images, labels = drawn(seed, 400)
    rows = torch.fft.rfft2(images.double().mean(1)).abs().flatten(1)
    mirrored = torch.fft.rfft2(images.flip(3).double().mean(1)).abs().flatten(1)
    centres, turned = (torch.stack([s[labels == i].mean(0) for i in range(10)]) for s in (rows, mirrored))
    nearest = torch.cdist(turned.log(), centres.log()).argmin(1)

    assert nearest.tolist() == list(range(10))
