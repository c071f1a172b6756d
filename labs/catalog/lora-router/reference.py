"""A Llama with LoRA adapters as formulas, in the dtype that it is handed; from the papers, not from a library."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, silu

Weights = dict[str, Tensor]
LINEAR = {"self_attn": ["q_proj", "k_proj", "v_proj", "o_proj"], "mlp": ["gate_proj", "up_proj", "down_proj"]}
PREFIX = "base_model.model."
EPS, THETA = 1e-6, 10_000.0


def adapted(weights: Weights, states: Iterable[Weights], scale: float) -> Weights:
    """The base's weights with scale · BA of every given adapter added."""
    result = dict(weights)
    for state in states:
        for name in state:
            if name.endswith(".lora_A.weight"):
                at = name.removesuffix(".lora_A.weight")
                key = f"{at.removeprefix(PREFIX)}.weight"
                result[key] = result[key] + scale * state[f"{at}.lora_B.weight"] @ state[name]
    return result


def norm(x: Tensor, gain: Tensor) -> Tensor:
    return gain * x / (x.square().mean(-1, keepdim=True) + EPS).sqrt()


def turned(x: Tensor) -> Tensor:
    """Rotary positions, Llama's halves: x (B, H, T, C)."""
    half = x.size(-1) // 2
    rates = THETA ** (-torch.arange(half, dtype=x.dtype) / half)
    angles = torch.arange(x.size(-2), dtype=x.dtype)[:, None] * rates  # (T, C/2)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()], -1)


def attend(w: Weights, at: str, x: Tensor, heads: int, kv_heads: int) -> Tensor:
    def split(name: str, count: int) -> Tensor:
        return (x @ w[f"{at}.{name}.weight"].mT).unflatten(-1, (count, -1)).transpose(1, 2)  # (B, H, T, C)

    q, k, v = turned(split("q_proj", heads)), turned(split("k_proj", kv_heads)), split("v_proj", kv_heads)
    k, v = (array.repeat_interleave(heads // kv_heads, 1) for array in (k, v))
    later = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1)
    scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(later, -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w[f"{at}.o_proj.weight"].mT


def llama(w: Weights, ids: Tensor, heads: int, kv_heads: int) -> Tensor:
    """Token ids (B, T) -> logits (B, T, V)."""
    x = w["model.embed_tokens.weight"][ids]
    layers = sum(name.endswith("input_layernorm.weight") for name in w)
    for at in (f"model.layers.{i}" for i in range(layers)):
        h = norm(x, w[f"{at}.input_layernorm.weight"])
        x = x + attend(w, f"{at}.self_attn", h, heads, kv_heads)
        h = norm(x, w[f"{at}.post_attention_layernorm.weight"])
        gate, up, down = (w[f"{at}.mlp.{name}.weight"] for name in LINEAR["mlp"])
        x = x + (silu(h @ gate.mT) * (h @ up.mT)) @ down.mT
    return norm(x, w["model.norm.weight"]) @ w["lm_head.weight"].mT


def nats(logits: Tensor, ids: Tensor) -> Tensor:
    """Mean cross-entropy of the next token: logits (T, V), ids (T,)."""
    return cross_entropy(logits[:-1], ids[1:])


Event = tuple[str, int, int, int]
"""What a line of the log says and when: event, adapter, bytes resident, how often `load` had been called."""


@dataclass(frozen=True)
class Serving:
    """Requests answered one after the other, at most one adapter resident; each field is something people get wrong."""

    drops_first: bool = True
    keeps: bool = True  # an adapter that is resident is not loaded again
    base_drops: bool = False  # a request for the base puts the resident adapter out
    grouped: bool = True  # by `order`, and not as they came

    def events(self, batches: Sequence[Sequence[int]], size: int) -> list[Event]:
        """The log of several batches, each given as the adapters that its requests want (0 for the base)."""
        found: list[Event] = []
        resident, loads = 0, 0
        for wanted in batches:
            for at in order(wanted, resident) if self.grouped else range(len(wanted)):
                need = wanted[at]
                loads += self._changes(resident, need)
                found += self._moves(resident, need, size, loads)
                resident = need or (0 if self.base_drops else resident)
                found.append(("run", need, size if resident else 0, loads))
        return found

    def _changes(self, resident: int, need: int) -> bool:
        """Whether an adapter is loaded for this request."""
        return need != 0 and (need != resident or not self.keeps)

    def _moves(self, resident: int, need: int, size: int, loads: int) -> list[Event]:
        """What is dropped and loaded before a request runs; `loads` counts this one's already."""
        loaded = self._changes(resident, need)
        leaves = resident != 0 and (loaded or (need == 0 and self.base_drops))
        if not self.drops_first and loaded and leaves:
            return [("load", need, 2 * size, loads), ("drop", resident, size, loads)]
        dropped: list[Event] = [("drop", resident, 0, loads - loaded)] if leaves else []
        return dropped + ([("load", need, size, loads)] if loaded else [])


def order(wanted: Sequence[int], resident: int) -> list[int]:
    """The base's requests, the resident adapter's, then the others by first arrival; within each, as they came."""
    first = {need: wanted.index(need) for need in wanted}
    rank = {need: -2 if need == 0 else -1 if need == resident else first[need] for need in first}
    return sorted(range(len(wanted)), key=lambda at: (rank[wanted[at]], at))


def chosen(scores: Tensor, threshold: float) -> Tensor:
    """The most probable class (N,), and 0 where its probability is below the threshold."""
    p, best = scores.softmax(-1).max(-1)
    return torch.where(p >= threshold, best, 0)
