"""A Llama with LoRA adapters as formulas, in the dtype that it is handed; from the papers, not from a library."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, silu

Weights = dict[str, Tensor]
LINEAR = {"self_attn": ["q_proj", "k_proj", "v_proj", "o_proj"], "mlp": ["gate_proj", "up_proj", "down_proj"]}
PREFIX = "base_model.model."
EPS, THETA = 1e-6, 10_000.0
HEADS, KV_HEADS = 4, 2


def change(state: Weights, place: str) -> Tensor:
    """BA of one linear map, without its scale: (out, in)."""
    return state[f"{PREFIX}{place}.lora_B.weight"] @ state[f"{PREFIX}{place}.lora_A.weight"]


def places(state: Weights) -> list[str]:
    ending = ".lora_A.weight"
    return [name.removeprefix(PREFIX).removesuffix(ending) for name in state if name.endswith(ending)]


def adapted(weights: Weights, states: list[tuple[float, Weights]]) -> Weights:
    """The base's weights with scale · BA of every given adapter added."""
    result = dict(weights)
    for scale, state in states:
        for place in places(state):
            result[f"{place}.weight"] = result[f"{place}.weight"] + scale * change(state, place)
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


def attend(w: Weights, at: str, x: Tensor) -> Tensor:
    def split(name: str, count: int) -> Tensor:
        return (x @ w[f"{at}.{name}.weight"].mT).unflatten(-1, (count, -1)).transpose(1, 2)  # (B, H, T, C)

    q, k, v = turned(split("q_proj", HEADS)), turned(split("k_proj", KV_HEADS)), split("v_proj", KV_HEADS)
    k, v = (array.repeat_interleave(HEADS // KV_HEADS, 1) for array in (k, v))
    later = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1)
    scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(later, -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w[f"{at}.o_proj.weight"].mT


def llama(w: Weights, ids: Tensor) -> Tensor:
    """Token ids (B, T) -> logits (B, T, V)."""
    x = w["model.embed_tokens.weight"][ids]
    layers = sum(name.endswith("input_layernorm.weight") for name in w)
    for at in (f"model.layers.{i}" for i in range(layers)):
        h = norm(x, w[f"{at}.input_layernorm.weight"])
        x = x + attend(w, f"{at}.self_attn", h)
        h = norm(x, w[f"{at}.post_attention_layernorm.weight"])
        gate, up, down = (w[f"{at}.mlp.{name}.weight"] for name in LINEAR["mlp"])
        x = x + (silu(h @ gate.mT) * (h @ up.mT)) @ down.mT
    return norm(x, w["model.norm.weight"]) @ w["lm_head.weight"].mT


def nats(logits: Tensor, ids: Tensor, shift: int = 1) -> Tensor:
    """Mean cross-entropy of the token `shift` places on: logits (B, T, V), ids (B, T)."""
    return cross_entropy(logits[:, : ids.size(1) - shift].flatten(0, 1), ids[:, shift:].flatten())


@dataclass(frozen=True)
class Training:
    """Steps of SGD on one adapter; each field is something that people get wrong."""

    scale: Callable[[float, int], float] = lambda alpha, rank: alpha / rank
    shift: int = 1
    summed: bool = False  # over the batch's tokens, instead of their mean
    clears: bool = True  # gradients are set to zero between steps
    base_learns: bool = False
    after: bool = False  # the loss from after the step

    def loss(self, weights: Weights, state: Weights, factor: float, ids: Tensor) -> Tensor:
        found = nats(llama(adapted(weights, [(factor, state)]), ids), ids, self.shift)
        return found * (ids.size(0) * (ids.size(1) - self.shift)) if self.summed else found

    def walk(
        self, base: Weights, start: Weights, alpha: float, batches: list[Tensor], lr: float, momentum: float
    ) -> tuple[Tensor, Weights, Weights]:
        """Losses (K,), the adapter, and the base after it."""
        weights, state = dict(base), dict(start)
        rank = next(len(array) for name, array in state.items() if "lora_A" in name)
        factor = self.scale(alpha, rank)
        speed: Weights = {}
        slope: Weights = {}
        losses = []
        for ids in batches:
            moving = {**state, **(weights if self.base_learns else {})}
            leaves = {name: array.detach().requires_grad_() for name, array in moving.items()}
            weights = {name: leaves.get(name, array) for name, array in weights.items()}
            loss = self.loss(weights, {name: leaves[name] for name in state}, factor, ids)
            new = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
            slope = new if self.clears or not slope else {name: slope[name] + g for name, g in new.items()}
            speed = {name: momentum * speed[name] + g if speed else g for name, g in slope.items()}
            moved = {name: leaves[name].detach() - lr * v for name, v in speed.items()}
            state = {name: moved[name] for name in state}
            weights = {name: moved.get(name, array) for name, array in weights.items()}
            losses.append(self.loss(weights, state, factor, ids).detach() if self.after else loss.detach())
        return torch.stack(losses), state, weights
