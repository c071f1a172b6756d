"""GPT-2 and BERT as formulas in float64, over the names that Hugging Face gives their weights.

Each gives back what its modules put out, by the module's name, so that a check can ask for any of them.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm

Weights = dict[str, Tensor]
Outputs = dict[str, Tensor]


def normed(w: Weights, name: str, x: Tensor, eps: float) -> Tensor:
    return layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps)


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, S, D) -> (B, H, S, D/H)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, H, S, D/H) -> (B, S, D)


@dataclass(frozen=True)
class GPT2:
    """A decoder: pre-norm, causal, one matrix for queries, keys and values, the output tied to the embedding."""

    heads: int
    layers: int
    causal: bool = True
    divisor_of_width: bool = False

    def __call__(self, w: Weights, ids: Tensor) -> Outputs:
        tokens, places = w["transformer.wte.weight"], w["transformer.wpe.weight"]
        found: Outputs = {"transformer.wte": tokens[ids]}
        x = found["transformer.drop"] = tokens[ids] + places[: ids.size(1)]  # (B, S, D)
        for i in range(self.layers):
            x = self.block(w, f"transformer.h.{i}", x, found)
        found["transformer.ln_f"] = normed(w, "transformer.ln_f", x, 1e-5)
        found["lm_head"] = found["transformer.ln_f"] @ tokens.mT  # (B, S, V)
        return found

    def block(self, w: Weights, name: str, x: Tensor, found: Outputs) -> Tensor:
        found[f"{name}.ln_1"] = normed(w, f"{name}.ln_1", x, 1e-5)
        x = x + self.attend(w, f"{name}.attn", found[f"{name}.ln_1"], found)
        found[f"{name}.ln_2"] = normed(w, f"{name}.ln_2", x, 1e-5)
        wide = found[f"{name}.mlp.c_fc"] = conv1d(w, f"{name}.mlp.c_fc", found[f"{name}.ln_2"])
        found[f"{name}.mlp"] = conv1d(w, f"{name}.mlp.c_proj", gelu(wide, approximate="tanh"))
        found[name] = x + found[f"{name}.mlp"]
        return found[name]

    def attend(self, w: Weights, name: str, x: Tensor, found: Outputs) -> Tensor:
        fused = found[f"{name}.c_attn"] = conv1d(w, f"{name}.c_attn", x)  # (B, S, 3D)
        q, k, v = (split_heads(part, self.heads) for part in fused.chunk(3, -1))
        found |= {f"{name}.q": q, f"{name}.k": k, f"{name}.v": v}
        scores = q @ k.mT / math.sqrt(x.size(-1) if self.divisor_of_width else q.size(-1))  # (B, H, S, S)
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, -math.inf) if self.causal else scores
        found |= {f"{name}.scores": scores, f"{name}.probabilities": scores.softmax(-1)}
        found[name] = conv1d(w, f"{name}.c_proj", merge_heads(scores.softmax(-1) @ v))
        return found[name]


def conv1d(w: Weights, name: str, x: Tensor) -> Tensor:
    return x @ w[f"{name}.weight"] + w[f"{name}.bias"]  # GPT-2 keeps its matrices as (in, out)


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return x @ w[f"{name}.weight"].mT + w[f"{name}.bias"]


def bert(w: Weights, ids: Tensor, mask: Tensor, heads: int, layers: int) -> Tensor:
    """An encoder: post-norm, every token sees every real one. The last hidden states, (B, S, D)."""
    name = "embeddings"
    x = w[f"{name}.word_embeddings.weight"][ids] + w[f"{name}.position_embeddings.weight"][: ids.size(1)]
    x = normed(w, f"{name}.LayerNorm", x + w[f"{name}.token_type_embeddings.weight"][0], 1e-12)
    for i in range(layers):
        name = f"encoder.layer.{i}"
        q, k, v = (
            split_heads(linear(w, f"{name}.attention.self.{part}", x), heads) for part in ("query", "key", "value")
        )
        scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(mask[:, None, None] == 0, -math.inf)
        mixed = linear(w, f"{name}.attention.output.dense", merge_heads(scores.softmax(-1) @ v))
        x = normed(w, f"{name}.attention.output.LayerNorm", x + mixed, 1e-12)
        wide = gelu(linear(w, f"{name}.intermediate.dense", x))
        x = normed(w, f"{name}.output.LayerNorm", x + linear(w, f"{name}.output.dense", wide), 1e-12)
    return x


def mean_of_tokens(x: Tensor, mask: Tensor) -> Tensor:
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)  # (B, S, D), (B, S) -> (B, D)
