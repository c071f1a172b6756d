"""A small GPT without a cache. Give it one, and write the choice of the next token; the README says how."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm

Cache = dict[str, Tensor]


def normed(x: Tensor) -> Tensor:
    return layer_norm(x, x.shape[-1:])


def split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, H, T, D/H)


def logits_without_cache(weights: dict[str, Any], ids: Tensor, heads: int) -> Tensor:
    """Given: the model, computing everything anew. ids (B, T) -> logits (B, T, V)."""
    tokens = ids.shape[1]
    future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
    x = weights["tokens"][ids] + weights["positions"][:tokens]
    for layer in weights["layers"]:
        h = normed(x)
        q, k, v = (split(h @ layer[name].T, heads) for name in ("wq", "wk", "wv"))
        scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(future, -math.inf)
        x = x + (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ layer["wo"].T
        x = x + gelu(normed(x) @ layer["w1"].T) @ layer["w2"].T
    return normed(x) @ weights["tokens"].T


def forward(
    weights: dict[str, Any], ids: Tensor, heads: int, cache: Cache | None = None, pads: Tensor | None = None
) -> tuple[Tensor, Cache]:
    """New tokens (B, T) on top of a cache of S earlier ones -> logits (B, T, V) and the cache of S + T."""
    raise NotImplementedError("forward is still to be written: begin with logits_without_cache and keep k and v")


def distribution(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """(B, V) -> probabilities (B, V)."""
    raise NotImplementedError("distribution is still to be written: logits / temperature comes first")


def generate(weights: dict[str, Any], ids: Tensor, heads: int, steps: int) -> Tensor:
    """(B, T) -> (B, T + steps): the most probable token, again and again."""
    raise NotImplementedError("generate is still to be written: the prompt once, then one token at a time")
