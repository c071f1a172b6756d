"""What only the lab `kv-bytes-and-attention-slicing` needs: its examples by hand, mistakes that differ, real sizes."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "kv-bytes-and-attention-slicing"
LLAMA = {
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": None,
    "layer_types": None,
    "sliding_window": None,
}


def drawn() -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(5)
    q, k, v = (torch.randn(2, 3, 17, 5, generator=draw, dtype=torch.float64) for _ in range(3))
    return 2 * q, k, v


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    kvmem = module_from(LAB / "solution.py")

    assert kvmem.kv_bytes(LLAMA, 1, 1) == 131_072
    assert kvmem.kv_bytes(LLAMA, 1, 8192) == 2**30
    assert kvmem.kv_bytes({**LLAMA, "num_key_value_heads": None}, 1, 8192) == 4 * 2**30
    assert kvmem.paged(torch.tensor([5, 16, 40]), 16, 64) == (5, 19, 131)
    halves = (torch.full((1, 1, 1, 1), 8.0), torch.zeros(1, 1, 1), torch.full((1, 1, 1, 1), 4.0))
    out, lse = kvmem.merge(*halves, torch.full((1, 1, 1), math.log(3)))
    assert out.item() == pytest.approx(5)
    assert lse.item() == pytest.approx(math.log(4))


@pytest.mark.parametrize("causal", [False, True])
def test_the_reference_is_what_the_library_computes(causal: bool) -> None:
    q, k, v = drawn()
    ours = module_from(LAB / "reference.py").attention(q, k, v, causal)

    torch.testing.assert_close(ours, scaled_dot_product_attention(q, k, v, is_causal=causal))


def test_every_known_mistake_about_chunks_has_an_answer_of_its_own() -> None:
    known = module_from(LAB / "misconceptions.py")
    right = ("right", "", lambda q, k, v, _size, causal: module_from(LAB / "reference.py").attention(q, k, v, causal))
    given = (*drawn(), 5, True)
    found = {key: fn(*given) for key, _, fn in [*known.CHUNKS, right]}

    for (one, values), (other, others) in combinations(found.items(), 2):
        assert (values - others).abs().max() > 1e-2, (one, other)


def test_every_known_mistake_about_bytes_has_an_answer_of_its_own() -> None:
    known: Any = module_from(LAB / "misconceptions.py")
    kinds = ["full_attention", "sliding_attention", "sliding_attention"]
    config = {**LLAMA, "hidden_size": 96, "num_attention_heads": 6, "num_key_value_heads": 2, "num_hidden_layers": 3}
    plain, wide = ({**config, "head_dim": width, "layer_types": kinds, "sliding_window": 7} for width in (None, 40))
    cases = [(plain, 1), (wide, 4)]
    counts = [*known.WINDOWS, ("right", "", known.RIGHT)]
    found = {key: tuple(count(c, 3, 21, size) for c, size in cases) for key, _, count in counts}

    assert len(set(found.values())) == len(found)
