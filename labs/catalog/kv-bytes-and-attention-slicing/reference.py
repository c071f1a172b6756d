"""Bytes token by token, and attention with its whole table of scores, in float64."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Config = dict[str, Any]
Case = dict[str, Any]


@dataclass(frozen=True)
class Count:
    """Bytes of a cache, with a field for each thing that people get wrong."""

    heads: Callable[[Config], int] = lambda c: c["num_key_value_heads"] or c["num_attention_heads"]
    width: Callable[[Config], int] = lambda c: c["head_dim"] or c["hidden_size"] // c["num_attention_heads"]
    window: Callable[[Config, str, int], int] = lambda c, kind, tokens: (
        min(tokens, c["sliding_window"] - 1) if kind == "sliding_attention" else tokens
    )
    tensors: int = 2
    rows: Callable[[int], int] = lambda batch: batch
    size: Callable[[int], int] = lambda value_bytes: value_bytes

    def __call__(self, config: Config, batch: int, tokens: int, value_bytes: int = 2) -> int:
        kinds = config["layer_types"] or ["full_attention"] * config["num_hidden_layers"]
        total = 0
        for kind in kinds:
            values = self.rows(batch) * self.window(config, kind, tokens) * self.heads(config) * self.width(config)
            total += self.tensors * values * self.size(value_bytes)
        return total


def pages(lengths: Tensor, block: int, longest: int) -> list[int]:
    needed = [sum(1 for _ in range(0, length, block)) for length in lengths.tolist()]
    used = int(lengths.sum())
    return [sum(needed), sum(needed) * block - used, len(needed) * longest - used]


def scores(q: Tensor, k: Tensor, causal: bool = False, scale: float = 0.5) -> Tensor:
    table = torch.einsum("bhtd,bhsd->bhts", q, k) / q.size(-1) ** scale
    if causal:
        hidden = torch.ones(q.size(2), k.size(2), dtype=torch.bool).triu(1)
        table = table.masked_fill(hidden, -torch.inf)
    return table


def attention(q: Tensor, k: Tensor, v: Tensor, causal: bool = False) -> Tensor:
    return torch.einsum("bhts,bhse->bhte", scores(q, k, causal).softmax(-1), v)


def log_sums(q: Tensor, k: Tensor, causal: bool = False) -> Tensor:
    return scores(q, k, causal).logsumexp(-1)
