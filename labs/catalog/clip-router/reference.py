"""CLIP's text side as formulas in float64, over Hugging Face's names, and what a router does, row by row."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

Weights = dict[str, Tensor]
Pooling = Callable[[Tensor, Tensor, int], Tensor]


def unit(x: Tensor) -> Tensor:
    return x / x.norm(dim=-1, keepdim=True)


def first_end(ids: Tensor, eos: int) -> Tensor:
    return torch.tensor([row.index(eos) for row in ids.tolist()])


def at_the_first_end(states: Tensor, ids: Tensor, eos: int) -> Tensor:
    return states[torch.arange(len(ids)), first_end(ids, eos)]  # (N, S, D) -> (N, D)


@dataclass(frozen=True)
class Clip:
    """From ids to vectors; the fields are what people get wrong."""

    heads: int
    layers: int
    eos: int
    pool: Pooling = at_the_first_end
    last_norm: bool = True
    normalised: bool = True
    normalised_first: bool = False

    def __call__(self, w: Weights, ids: Tensor) -> Tensor:
        x = self.pool(self.states(w, ids), ids, self.eos)
        x = unit(x) if self.normalised_first else x
        x = x @ w["text_projection.weight"].mT  # (N, D) -> (N, P)
        return unit(x) if self.normalised else x

    def states(self, w: Weights, ids: Tensor) -> Tensor:
        name = "text_model.embeddings"
        x = w[f"{name}.token_embedding.weight"][ids] + w[f"{name}.position_embedding.weight"][: ids.size(1)]
        for i in range(self.layers):
            x = self.block(w, f"text_model.encoder.layers.{i}", x)
        return normed(w, "text_model.final_layer_norm", x) if self.last_norm else x  # (N, S, D)

    def block(self, w: Weights, name: str, x: Tensor) -> Tensor:
        y = normed(w, f"{name}.layer_norm1", x)
        q, k, v = (
            linear(w, f"{name}.self_attn.{part}_proj", y).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in "qkv"
        )
        later = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1)
        scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(later, -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = x + linear(w, f"{name}.self_attn.out_proj", mixed)
        wide = linear(w, f"{name}.mlp.fc1", normed(w, f"{name}.layer_norm2", x))
        return x + linear(w, f"{name}.mlp.fc2", wide * torch.sigmoid(1.702 * wide))  # CLIP's quick GELU


def normed(w: Weights, name: str, x: Tensor) -> Tensor:
    return layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return x @ w[f"{name}.weight"].mT + w[f"{name}.bias"]


def decided(p: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    confidence, choice = p.max(-1)
    return torch.where(confidence >= threshold, choice, -1), confidence


def f1_of_classes(truth: Tensor, predicted: Tensor, classes: int) -> Tensor:
    scores = []
    for c in range(classes):
        right = ((truth == c) & (predicted == c)).sum().double()
        named = (truth == c).sum() + (predicted == c).sum()
        scores.append(2 * right / named if named else right)
    return torch.stack(scores)


def dealt_out(groups: Tensor, k: int) -> Tensor:
    order = list(dict.fromkeys(groups.tolist()))
    return torch.tensor([order.index(group) % k for group in groups.tolist()])


def promised(p: Tensor, truth: Tensor, target: float) -> float:
    confidence, choice = p.max(-1)
    for threshold in sorted(confidence.tolist()):
        answered = confidence >= threshold
        if (choice == truth)[answered].double().mean() >= target:
            return threshold
    return 2.0
