"""The model, its loss and its training in float64: dataclasses whose defaults are the contract."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, gelu, layer_norm, one_hot

Weights = dict[str, Any]
Leaves = dict[str, Tensor]

BETAS, EPS = (0.9, 0.95), 1e-8


@dataclass(frozen=True)
class Model:
    """A GPT as formulas; the defaults are the contract."""

    heads: int
    place: Callable[[Tensor], Tensor] = lambda places: places
    table_scale: float = 1.0
    causal: bool = True
    last_norm: bool = True
    post_norm: bool = False
    order: Callable[[list[Weights]], list[Weights]] = lambda blocks: blocks

    def __call__(self, w: Weights, ids: Tensor) -> Tensor:
        """ids (B, T) -> logits (B, T, V)."""
        x, _ = self.through(w, ids)
        x = normed(x, w["norm_gain"], w["norm_bias"]) if self.last_norm else x
        return x @ w.get("head", w["tokens"]).mT

    def through(self, w: Weights, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The stream behind the last block, (B, T, D), and every block's attention, (B, H, T, T)."""
        places = self.place(torch.arange(ids.size(1))) % len(w["positions"])
        x = self.table_scale * w["tokens"][ids] + w["positions"][places]
        maps = []
        for block in self.order(w["blocks"]):
            maps.append(self.attention(block, self.entrance(block, "norm1", x)))
            x = self.leave(block, "norm1", x + self.mixed(block, maps[-1], self.entrance(block, "norm1", x)))
            x = self.leave(block, "norm2", x + feed_forward(block, self.entrance(block, "norm2", x)))
        return x, maps

    def entrance(self, block: Weights, norm: str, x: Tensor) -> Tensor:
        return x if self.post_norm else normed(x, block[f"{norm}_gain"], block[f"{norm}_bias"])

    def leave(self, block: Weights, norm: str, x: Tensor) -> Tensor:
        return normed(x, block[f"{norm}_gain"], block[f"{norm}_bias"]) if self.post_norm else x

    def attention(self, block: Weights, h: Tensor) -> Tensor:
        q, k = (self.split(h @ block[f"w{name}"].mT + block[f"b{name}"]) for name in "qk")
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.size(-1))
        hidden = torch.full_like(scores[0, 0], -math.inf).triu(1) if self.causal else 0.0
        return (scores + hidden).softmax(-1)

    def mixed(self, block: Weights, weights: Tensor, h: Tensor) -> Tensor:
        v = self.split(h @ block["wv"].mT + block["bv"])
        return torch.einsum("bhqk,bkhd->bqhd", weights, v).flatten(2) @ block["wo"].mT + block["bo"]

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1))  # (B, T, D) -> (B, T, H, D/H)


def normed(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    return layer_norm(x, x.shape[-1:]) * gain + bias


def feed_forward(block: Weights, h: Tensor) -> Tensor:
    return gelu(h @ block["w1"].mT + block["b1"]) @ block["w2"].mT + block["b2"]


def shifted_loss(logits: Tensor, ids: Tensor, shift: int = 1) -> Tensor:
    """Mean cross-entropy of logits (B, T, V) at t against the tokens (B, T) at t + shift, where there is one."""
    places = range(max(0, -shift), min(ids.size(1), ids.size(1) - shift))
    return torch.stack([cross_entropy(logits[:, t], ids[:, t + shift]) for t in places]).mean()


def dlogits(logits: Tensor, ids: Tensor) -> Tensor:
    """The gradient of the loss by the logits, written down and not by autograd."""
    gradient = torch.zeros_like(logits)
    rows = ids.size(0) * (ids.size(1) - 1)
    gradient[:, :-1] = (logits[:, :-1].softmax(-1) - one_hot(ids[:, 1:], logits.size(-1))) / rows
    return gradient


def rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    way = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2


def flat(w: Weights) -> Leaves:
    """All arrays by name, those of block 1 as 1.wq and so on."""
    blocks = {f"{i}.{name}": array for i, block in enumerate(w["blocks"]) for name, array in block.items()}
    return {name: array for name, array in w.items() if name != "blocks"} | blocks


def nested(leaves: Leaves) -> Weights:
    depth = 1 + max(int(name.partition(".")[0]) for name in leaves if "." in name)
    blocks = [{n.partition(".")[2]: a for n, a in leaves.items() if n.startswith(f"{i}.")} for i in range(depth)]
    return {name: array for name, array in leaves.items() if "." not in name} | {"blocks": blocks}


def decays(name: str) -> bool:
    return name.rpartition(".")[2] in {"tokens", "positions", "head", "wq", "wk", "wv", "wo", "w1", "w2"}


def clipped(gradients: Leaves, most: float) -> Leaves:
    norm = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt()
    return {name: gradient * min(1.0, most / norm.item()) for name, gradient in gradients.items()}


@dataclass(frozen=True)
class Training:
    """Steps of training; the fields are what people get wrong."""

    loss: Callable[[Tensor, Tensor], Tensor] = shifted_loss
    clip: Callable[[Leaves, float], Leaves] = clipped
    tied: bool = True
    cleared: bool = True
    decaying: Callable[[str], bool] = decays
    betas: tuple[float, float] = BETAS
    sign: float = 1.0
    rates: Callable[[list[float]], list[float]] = lambda rates: rates

    def gradients(self, model: Model, leaves: Leaves, ids: Tensor) -> tuple[Tensor, Leaves]:
        """The loss, and its gradient by every array, not clipped."""
        ready = {name: array.detach().clone().requires_grad_() for name, array in leaves.items()}
        value = self.loss(model(nested(ready), ids), ids)
        found = torch.autograd.grad(value, list(ready.values()), materialize_grads=True)
        return value.detach(), dict(zip(ready, found, strict=True))

    def sgd(self, model: Model, w: Weights, ids: Tensor, lr: float, most: float) -> Leaves:
        """Every array after one step of plain SGD."""
        leaves = self.start(w)
        _, gradients = self.gradients(model, leaves, ids)
        gradients = self.clip(gradients, most)
        lr = self.rates([lr])[0]
        return {name: array - self.sign * lr * gradients[name] for name, array in leaves.items()}

    def run(self, model: Model, w: Weights, ids: Tensor, rates: list[float], decay: float, most: float) -> Any:
        """Batches ids (K, B, T): the losses before each step, (K,), and the arrays after the last."""
        leaves, losses, added = self.start(w), [], None
        moments = {name: (torch.zeros_like(array), torch.zeros_like(array)) for name, array in leaves.items()}
        for t, (batch, lr) in enumerate(zip(ids, self.rates(rates), strict=True), 1):
            value, found = self.gradients(model, leaves, batch)
            if added and not self.cleared:
                found = {name: gradient + added[name] for name, gradient in found.items()}
            losses.append(value)
            added = found = self.clip(found, most)
            for name, gradient in found.items():
                moments[name], change = self.adam(moments[name], gradient, t)
                kept = 1 - lr * decay * self.decaying(name)
                leaves[name] = kept * leaves[name] - self.sign * lr * change
        return torch.stack(losses), nested(leaves)

    def start(self, w: Weights) -> Leaves:
        leaves = {name: array.double() for name, array in flat(w).items()}
        return leaves if self.tied else leaves | {"head": leaves["tokens"].clone()}

    def adam(self, moments: tuple[Tensor, Tensor], gradient: Tensor, t: int) -> tuple[tuple[Tensor, Tensor], Tensor]:
        one, two = self.betas
        mean = one * moments[0] + (1 - one) * gradient
        square = two * moments[1] + (1 - two) * gradient**2
        return (mean, square), mean / (1 - one**t) / ((square / (1 - two**t)).sqrt() + EPS)


def last_places(ids: Tensor, context: int) -> Tensor:
    return ids[:, -context:]


def greedy(
    model: Model, w: Weights, ids: Tensor, count: int, window: Callable[[Tensor, int], Tensor] = last_places
) -> tuple[Tensor, float]:
    """ids (B, T) with the `count` likeliest tokens more, and by how much the best token led at least."""
    clear = math.inf
    for _ in range(count):
        best = model(w, window(ids, len(w["positions"])))[:, -1].topk(2)
        clear = min(clear, (best.values[:, 0] - best.values[:, 1]).min().item())
        ids = torch.cat([ids, best.indices[:, :1]], dim=1)
    return ids, clear


def nearest(some: list[Tensor], others: list[Tensor]) -> float:
    """How far the two that are most alike, one of each, differ at most."""
    return min((one - other).abs().max().item() for one in some for other in others)
