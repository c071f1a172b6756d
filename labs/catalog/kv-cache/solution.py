"""A small GPT that keeps keys and values, and three ways to thin out the next token's distribution.

Choices: one forward pass serves prompt, step and chunk, since they differ only in how long the past is; masks are made
from the places of queries and keys, so that past and padding need no special case.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm

Cache = dict[str, Tensor]


def normed(x: Tensor) -> Tensor:
    return layer_norm(x, x.shape[-1:])


def forward(
    weights: dict[str, Any], ids: Tensor, heads: int, cache: Cache | None = None, pads: Tensor | None = None
) -> tuple[Tensor, Cache]:
    batch, tokens = ids.shape
    past = 0 if cache is None else cache["k"].shape[3]
    pads = torch.zeros(batch, dtype=torch.int64) if pads is None else pads
    queries, keys = torch.arange(past, past + tokens), torch.arange(past + tokens)  # places in the row
    visible = keys <= queries[:, None]  # (T, S+T): causal, shifted by the past
    visible = visible & (keys >= pads[:, None])[:, None]  # (B, T, S+T): no padding
    visible = visible | (keys == queries[:, None])  # a padding token sees itself, or its softmax would be NaN
    positions = (queries - pads[:, None]).clamp(min=0)  # (B, T): padding takes up no position
    x = weights["tokens"][ids] + weights["positions"][positions]  # (B, T, D)
    kept_k, kept_v = [], []
    for i, layer in enumerate(weights["layers"]):
        h = normed(x)
        q, k, v = (split(h @ layer[name].T, heads) for name in ("wq", "wk", "wv"))  # (B, H, T, D/H)
        if cache is not None:
            k = torch.cat([cache["k"][i], k], dim=2)  # (B, H, S+T, D/H)
            v = torch.cat([cache["v"][i], v], dim=2)
        kept_k.append(k)
        kept_v.append(v)
        scores = q @ k.mT / math.sqrt(q.shape[-1])  # (B, H, T, S+T)
        scores = scores.masked_fill(~visible[:, None], -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)  # (B, T, D)
        x = x + mixed @ layer["wo"].T
        x = x + gelu(normed(x) @ layer["w1"].T) @ layer["w2"].T
    return normed(x) @ weights["tokens"].T, {"k": torch.stack(kept_k), "v": torch.stack(kept_v)}


def split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, H, T, D/H)


def distribution(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    if temperature == 0:
        return torch.zeros_like(logits).scatter(-1, logits.argmax(-1, keepdim=True), 1.0)
    logits = logits / temperature
    if top_k is not None:
        smallest = logits.topk(top_k).values[..., -1:]  # the k-th largest of each row
        logits = logits.masked_fill(logits < smallest, -math.inf)
    p = logits.softmax(-1)  # normalised over what top-k has left
    if top_p is not None:
        ordered, places = p.sort(descending=True)
        before = ordered.cumsum(-1) - ordered  # what the more probable ones hold together
        kept = ordered.masked_fill(before >= top_p, 0.0)  # the one that crosses p has less before it: kept
        p = torch.zeros_like(p).scatter(-1, places, kept)
        p = p / p.sum(-1, keepdim=True)
    return p


def generate(weights: dict[str, Any], ids: Tensor, heads: int, steps: int) -> Tensor:
    logits, cache = forward(weights, ids, heads)  # the prompt, once
    for _ in range(steps):
        new = logits[:, -1].argmax(-1, keepdim=True)  # (B, 1)
        ids = torch.cat([ids, new], dim=1)
        logits, cache = forward(weights, new, heads, cache)  # one token; the past is in the cache
    return ids
