"""CLIP's text side as formulas in float64, over Hugging Face's names, with what is done with its vectors."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, layer_norm

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


def batched(rows: list[list[int]], bos: int, eos: int, length: int) -> tuple[Tensor, Tensor]:
    ids, mask = torch.full((2, len(rows), length), eos)
    for at, row in enumerate(rows):
        whole = [bos, *row[: length - 2], eos]
        ids[at, : len(whole)] = torch.tensor(whole)
        mask[at] = (torch.arange(length) < len(whole)).long()
    return ids, mask


def cosines(a: Tensor, b: Tensor) -> Tensor:
    return unit(a) @ unit(b).mT  # (N, D), (M, D) -> (N, M)


def ensembled(vectors: Tensor) -> Tensor:
    return unit(unit(vectors).mean(1))  # (C, T, D) -> (C, D)


def contrastive(text: Tensor, image: Tensor, log_scale: Tensor) -> Tensor:
    logits = log_scale.exp() * cosines(text, image)  # (N, N)
    pairs = torch.arange(len(text))
    return (cross_entropy(logits, pairs) + cross_entropy(logits.mT, pairs)) / 2
