"""What only the labs of tensor katas need: their examples by hand."""

from __future__ import annotations

import torch

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from


def test_the_examples_of_broadcasting_worked_by_hand_are_right() -> None:
    katas = module_from(CATALOG / "tensor-katas-broadcasting" / "solution.py")

    table = katas.differences(torch.tensor([10.0, 20.0]), torch.tensor([1.0, 2.0, 3.0]))
    assert table.tolist() == [[9, 8, 7], [19, 18, 17]]
    x, mask = torch.tensor([[[4.0], [6.0], [100.0]]]), torch.tensor([[True, True, False]])
    assert katas.masked_mean(x, mask).tolist() == [[5]]


def test_the_examples_of_einsum_worked_by_hand_are_right() -> None:
    katas = module_from(CATALOG / "tensor-katas-einsum" / "solution.py")

    heads = katas.split_heads(torch.tensor([[[1.0, 2, 3, 4], [5, 6, 7, 8]]]), 2)
    assert heads.tolist() == [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]]
    assert katas.running_mean(torch.tensor([[[2.0], [4.0], [9.0]]])).flatten().tolist() == [2, 3, 5]
    assert katas.windows(torch.tensor([[1.0, 2.0, 3.0]]), 2).tolist() == [[[1, 2], [2, 3]]]
