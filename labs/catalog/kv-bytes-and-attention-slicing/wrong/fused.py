# fails: by-hand
# says: uses `scaled_dot_product_attention`
"""The library slices by itself."""

import math
from typing import Any

import torch
from torch import Tensor


def kv_bytes(config: dict[str, Any], batch: int, tokens: int, value_bytes: int = 2) -> int:
    heads = config["num_key_value_heads"] or config["num_attention_heads"]
    width = config["head_dim"] or config["hidden_size"] // config["num_attention_heads"]
    kinds = config["layer_types"] or ["full_attention"] * config["num_hidden_layers"]
    held = [tokens if kind == "full_attention" else min(tokens, config["sliding_window"] - 1) for kind in kinds]
    return 2 * batch * heads * width * value_bytes * sum(held)


def cache_bytes(cache: Any) -> int:
    return sum(t.numel() * t.element_size() for layer in cache.layers for t in (layer.keys, layer.values))


def paged(lengths: Tensor, block: int, longest: int) -> tuple[int, int, int]:
    pages = int((-(-lengths // block)).sum())
    used = int(lengths.sum())
    return pages, pages * block - used, len(lengths) * longest - used


def read_pages(pool: Tensor, table: Tensor, length: int) -> Tensor:
    return pool[table].flatten(0, 1)[:length]


def sliced_attention(q: Tensor, k: Tensor, v: Tensor, size: int) -> Tensor:
    return torch.cat([torch.nn.functional.scaled_dot_product_attention(part, k, v) for part in q.split(size, 2)], 2)


def merge(out_a: Tensor, lse_a: Tensor, out_b: Tensor, lse_b: Tensor) -> tuple[Tensor, Tensor]:
    lse = torch.logaddexp(lse_a, lse_b)
    share = (lse_a - lse).exp()[..., None]
    return share * out_a + (lse_b - lse).exp()[..., None] * out_b, lse


def chunked_attention(q: Tensor, k: Tensor, v: Tensor, size: int, causal: bool = False) -> tuple[Tensor, Tensor]:
    out = q.new_zeros(*q.shape[:-1], v.shape[-1])
    lse = q.new_full(q.shape[:-1], -math.inf)
    places = torch.arange(q.shape[2], device=q.device)
    for start in range(0, k.shape[2], size):
        keys = slice(start, start + size)
        scores = q @ k[:, :, keys].mT / math.sqrt(q.shape[-1])
        if causal:
            scores = scores.masked_fill(places[:, None] < places[keys], -math.inf)
        part = scores.logsumexp(-1)
        finite = part.masked_fill(part.isinf(), 0.0)
        mixed = (scores - finite[..., None]).exp() @ v[:, :, keys]
        out, lse = merge(out, lse, mixed, part)
    return out, lse
