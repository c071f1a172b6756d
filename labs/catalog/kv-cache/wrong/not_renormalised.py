# fails: top-p, together
# says: probabilities that no longer sum to one
"""What top-p leaves does not sum to one."""

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
    queries, keys = torch.arange(past, past + tokens), torch.arange(past + tokens)
    visible = keys <= queries[:, None]
    visible = visible & (keys >= pads[:, None])[:, None]
    visible = visible | (keys == queries[:, None])
    positions = (queries - pads[:, None]).clamp(min=0)
    x = weights["tokens"][ids] + weights["positions"][positions]
    kept_k, kept_v = [], []
    for i, layer in enumerate(weights["layers"]):
        h = normed(x)
        q, k, v = (split(h @ layer[name].T, heads) for name in ("wq", "wk", "wv"))
        if cache is not None:
            k = torch.cat([cache["k"][i], k], dim=2)
            v = torch.cat([cache["v"][i], v], dim=2)
        kept_k.append(k)
        kept_v.append(v)
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(~visible[:, None], -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = x + mixed @ layer["wo"].T
        x = x + gelu(normed(x) @ layer["w1"].T) @ layer["w2"].T
    return normed(x) @ weights["tokens"].T, {"k": torch.stack(kept_k), "v": torch.stack(kept_v)}


def split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def distribution(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    if temperature == 0:
        return torch.zeros_like(logits).scatter(-1, logits.argmax(-1, keepdim=True), 1.0)
    logits = logits / temperature
    if top_k is not None:
        smallest = logits.topk(top_k).values[..., -1:]
        logits = logits.masked_fill(logits < smallest, -math.inf)
    p = logits.softmax(-1)
    if top_p is not None:
        ordered, places = p.sort(descending=True)
        before = ordered.cumsum(-1) - ordered
        kept = ordered.masked_fill(before >= top_p, 0.0)
        p = torch.zeros_like(p).scatter(-1, places, kept)
    return p


def generate(weights: dict[str, Any], ids: Tensor, heads: int, steps: int) -> Tensor:
    logits, cache = forward(weights, ids, heads)
    for _ in range(steps):
        new = logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
        logits, cache = forward(weights, new, heads, cache)
    return ids
