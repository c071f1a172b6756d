"""What only the lab `kv-cache` needs: its examples by hand, and that the starter's model is the reference's."""

from __future__ import annotations

import pytest
import torch

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "kv-cache"


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    decode = module_from(LAB / "solution.py")

    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    assert decode.distribution(logits, top_p=0.7).tolist() == [pytest.approx([0.625, 0.375, 0, 0])]
    for temperature, first in ((1.0, 0.881), (0.5, 0.982), (2.0, 0.731)):
        heated = decode.distribution(torch.tensor([[2.0, 0.0]]), temperature)
        assert heated[0, 0].item() == pytest.approx(first, abs=6e-4)
    assert 2 * 12 * 768 * 2 == 36_864


def test_the_model_that_the_starter_gives_is_the_one_asked_for() -> None:
    given, asked = module_from(LAB / "starter.py"), module_from(LAB / "solution.py")
    draw = torch.Generator().manual_seed(1)
    shapes = {"wq": (12, 12), "wk": (12, 12), "wv": (12, 12), "wo": (12, 12), "w1": (20, 12), "w2": (12, 20)}
    layers = [{name: torch.randn(shape, generator=draw) for name, shape in shapes.items()} for _ in range(2)]
    tables = {"tokens": torch.randn(17, 12, generator=draw), "positions": torch.randn(9, 12, generator=draw)}
    ids = torch.randint(17, (2, 7), generator=draw)

    logits, _ = asked.forward({**tables, "layers": layers}, ids, 3)

    torch.testing.assert_close(given.logits_without_cache({**tables, "layers": layers}, ids, 3), logits)
