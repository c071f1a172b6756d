"""T5 as formulas in float64: attention without a scale, positions as a bias on the scores, RMS norms, no biases."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from reference import Outputs, Weights, merge_heads, split_heads

BUCKETS, FARTHEST = 32, 128


def rms_normed(w: Weights, name: str, x: Tensor) -> Tensor:
    return x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * w[f"{name}.weight"]


def bucket(distance: int, *, both_ways: bool) -> int:
    """Near distances (key minus query) have a bucket each, far ones share: T5's table of 32."""
    buckets, first = (BUCKETS // 2, (distance > 0) * BUCKETS // 2) if both_ways else (BUCKETS, 0)
    far, exact = (abs(distance) if both_ways else max(-distance, 0)), buckets // 2
    if far < exact:
        return first + far
    growth = math.log(far / exact) / math.log(FARTHEST / exact) * (buckets - exact)
    return first + min(exact + int(growth), buckets - 1)


def position_bias(table: Tensor, tokens: int, *, both_ways: bool) -> Tensor:
    places = [[bucket(k - q, both_ways=both_ways) for k in range(tokens)] for q in range(tokens)]
    return table[torch.tensor(places)].permute(2, 0, 1)  # (32, H) -> (H, S, S)


@dataclass(frozen=True)
class T5:
    """The attention probabilities of all layers, by name. `masked` is whether padding of the input is hidden."""

    heads: int
    layers: int
    masked: bool = True

    def __call__(self, w: Weights, ids: Tensor, mask: Tensor, targets: Tensor) -> Outputs:
        found: Outputs = {}
        hidden = (mask if self.masked else torch.ones_like(mask))[:, None, None] == 0  # (B, 1, 1, S)
        padding = torch.zeros(hidden.shape).double().masked_fill(hidden, -math.inf)
        memory = self.stack(w, "encoder", w["shared.weight"][ids], padding, found)
        causal = torch.full((targets.size(1),) * 2, -math.inf).triu(1).double()
        self.stack(w, "decoder", w["shared.weight"][targets], causal, found, memory, padding)
        return found

    def stack(
        self,
        w: Weights,
        name: str,
        x: Tensor,
        mask: Tensor,
        found: Outputs,
        memory: Tensor | None = None,
        padding: Tensor | None = None,
    ) -> Tensor:
        table = w[f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        mask = mask + position_bias(table, x.size(1), both_ways=memory is None)
        for i in range(self.layers):
            at = f"{name}.block.{i}.layer"
            x = x + self.attend(w, f"{at}.0", "SelfAttention", x, None, mask, found)
            if memory is not None:
                x = x + self.attend(w, f"{at}.1", "EncDecAttention", x, memory, padding, found)
            last = f"{at}.{1 if memory is None else 2}"
            wide = (rms_normed(w, f"{last}.layer_norm", x) @ w[f"{last}.DenseReluDense.wi.weight"].mT).relu()
            x = x + wide @ w[f"{last}.DenseReluDense.wo.weight"].mT
        return rms_normed(w, f"{name}.final_layer_norm", x)

    def attend(
        self, w: Weights, at: str, kind: str, x: Tensor, memory: Tensor | None, mask: Tensor, found: Outputs
    ) -> Tensor:
        x = rms_normed(w, f"{at}.layer_norm", x)
        source = x if memory is None else memory
        q, k, v = (
            split_heads(tokens @ w[f"{at}.{kind}.{name}.weight"].mT, self.heads)
            for name, tokens in (("q", x), ("k", source), ("v", source))
        )
        found[f"{at}.{kind}"] = (q @ k.mT + mask).softmax(-1)  # (B, H, T, S)
        return merge_heads(found[f"{at}.{kind}"] @ v) @ w[f"{at}.{kind}.o.weight"].mT
