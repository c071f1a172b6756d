"""The model in float64, query by query and head by head, with a field for each thing that people get wrong."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm

Weights = dict[str, Any]
Cache = dict[str, Tensor]


def normed(x: Tensor) -> Tensor:
    return layer_norm(x, x.shape[-1:])


@dataclass(frozen=True)
class Model:
    """One row at a time. `place(past, t)` is a new token's position, `sees(past, t)` the keys that its query sees."""

    place: Callable[[int, int], int] = lambda past, t: past + t
    sees: Callable[[int, int, int], slice] = lambda past, t, _: slice(0, past + t + 1)
    scale: float = 0.5

    def row(self, w: Weights, ids: Tensor, heads: int, cache: Cache) -> tuple[Tensor, Cache]:
        """ids (T,), cache k and v (L, H, S, D/H) -> logits (T, V), cache (L, H, S+T, D/H)."""
        past, tokens = cache["k"].size(2), len(ids)
        x = w["tokens"][ids] + torch.stack([w["positions"][self.place(past, t)] for t in range(tokens)])
        kept: dict[str, list[Tensor]] = {"k": [], "v": []}
        for i, layer in enumerate(w["layers"]):
            h = normed(x)
            new = {name: torch.stack((h @ layer[f"w{name}"].mT).chunk(heads, dim=-1)) for name in "qkv"}  # (H, T, D/H)
            for name, tensors in kept.items():
                tensors.append(torch.cat([cache[name][i], new[name]], dim=1))
            x = x + self.mixed(new["q"], kept["k"][-1], kept["v"][-1], past) @ layer["wo"].mT
            x = x + gelu(normed(x) @ layer["w1"].mT) @ layer["w2"].mT
        return normed(x) @ w["tokens"].mT, {name: torch.stack(tensors) for name, tensors in kept.items()}

    def mixed(self, q: Tensor, k: Tensor, v: Tensor, past: int) -> Tensor:
        rows = []
        for t in range(q.size(1)):
            seen = self.sees(past, t, q.size(1))
            scores = torch.einsum("hd,hsd->hs", q[:, t], k[:, seen]) / q.size(-1) ** self.scale
            rows.append(torch.einsum("hs,hsd->hd", scores.softmax(-1), v[:, seen]).flatten())
        return torch.stack(rows)

    def __call__(self, w: Weights, ids: Tensor, heads: int, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """ids (B, T) -> logits (B, T, V) and the cache (L, B, H, S+T, D/H)."""
        width = w["tokens"].size(1) // heads
        empty = torch.zeros(len(w["layers"]), len(ids), heads, 0, width, dtype=torch.float64)
        cache = {"k": empty, "v": empty} if cache is None else cache
        rows = [
            self.row(w, row, heads, {name: held[:, b] for name, held in cache.items()}) for b, row in enumerate(ids)
        ]
        return torch.stack([row[0] for row in rows]), {n: torch.stack([row[1][n] for row in rows], 1) for n in "kv"}


@dataclass(frozen=True)
class Choice:
    """The next token's distribution, row by row and token by token."""

    hot: float = 1.0
    crossing: bool = True
    renormalised: bool = True
    late: bool = False

    def __call__(self, logits: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
        return torch.stack(
            [self.row(row, temperature and temperature**self.hot, top_k, top_p) for row in logits.double()]
        )

    def row(self, logits: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
        if temperature == 0:
            return (torch.arange(len(logits)) == logits.argmax()).double()
        heated = logits / (1.0 if self.late else temperature)
        p = [math.exp(value) for value in (heated - heated.max()).tolist()]
        order = sorted(range(len(p)), key=lambda token: -p[token])[:top_k]
        total = sum(p) if not self.renormalised else sum(p[token] for token in order)
        kept, held = torch.zeros(len(p), dtype=torch.float64), 0.0
        for token in order:
            inside = held if self.crossing else held + p[token] / total
            if top_p is not None and inside >= top_p and kept.any():
                break
            kept[token] = p[token] / total
            held += p[token] / total
        kept = kept ** (1 / temperature) if self.late else kept
        return kept / kept.sum() if self.renormalised else kept
