"""A Llama and its fine-tuning as formulas, in the dtype that they are handed; from the papers, not from a library."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, silu

Weights = dict[str, Tensor]
Batch = dict[str, Tensor]
Document = tuple[list[int], list[int]]
NAMES = ("input_ids", "labels", "position_ids", "segments")
END, IGNORED = 0, -100
HEADS, KV_HEADS = 4, 2
EPS, THETA = 1e-6, 10_000.0


def norm(x: Tensor, gain: Tensor) -> Tensor:
    return gain * x / (x.square().mean(-1, keepdim=True) + EPS).sqrt()


def turned(x: Tensor, positions: Tensor) -> Tensor:
    """Rotary positions (B, T), Llama's halves: x (B, H, T, C)."""
    half = x.size(-1) // 2
    rates = THETA ** (-torch.arange(half, dtype=x.dtype) / half)
    angles = positions.to(x.dtype)[:, None, :, None] * rates  # (B, 1, T, C/2)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()], -1)


def attend(w: Weights, at: str, x: Tensor, seen: Tensor, positions: Tensor) -> Tensor:
    def split(name: str, count: int) -> Tensor:
        return (x @ w[f"{at}.{name}.weight"].mT).unflatten(-1, (count, -1)).transpose(1, 2)  # (B, H, T, C)

    q, k = turned(split("q_proj", HEADS), positions), turned(split("k_proj", KV_HEADS), positions)
    k, v = (array.repeat_interleave(HEADS // KV_HEADS, 1) for array in (k, split("v_proj", KV_HEADS)))
    scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(~seen, -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w[f"{at}.o_proj.weight"].mT


def own_past(segments: Tensor) -> Tensor:
    """(N, T) -> (N, 1, T, T): earlier tokens of the same document."""
    return (segments[:, :, None] == segments[:, None, :]).tril()[:, None]


def any_past(segments: Tensor) -> Tensor:
    return torch.ones(len(segments), 1, segments.size(1), segments.size(1), dtype=torch.bool).tril()


def own_all(segments: Tensor) -> Tensor:
    return (segments[:, :, None] == segments[:, None, :])[:, None]


def as_packed(batch: Batch) -> Tensor:
    return batch["position_ids"]


def along_the_row(batch: Batch) -> Tensor:
    return torch.arange(batch["input_ids"].size(1)).expand_as(batch["input_ids"])


@dataclass(frozen=True)
class Model:
    """Its fields are what people get wrong about packed rows."""

    seen: Callable[[Tensor], Tensor] = own_past
    positions: Callable[[Batch], Tensor] = as_packed

    def __call__(self, w: Weights, batch: Batch) -> Tensor:
        """Logits (N, T, V)."""
        x = w["model.embed_tokens.weight"][batch["input_ids"]]
        seen, positions = self.seen(batch["segments"]), self.positions(batch)
        layers = sum(name.endswith("input_layernorm.weight") for name in w)
        for at in (f"model.layers.{i}" for i in range(layers)):
            h = norm(x, w[f"{at}.input_layernorm.weight"])
            x = x + attend(w, f"{at}.self_attn", h, seen, positions)
            h = norm(x, w[f"{at}.post_attention_layernorm.weight"])
            gate, up, down = (w[f"{at}.mlp.{name}_proj.weight"] for name in ("gate", "up", "down"))
            x = x + (silu(h @ gate.mT) * (h @ up.mT)) @ down.mT
        return norm(x, w["model.norm.weight"]) @ w["lm_head.weight"].mT


def encoded(prompt: str, answer: str) -> Document:
    given, asked = list(prompt.encode()), [*answer.encode(), END]
    return given + asked, [IGNORED] * len(given) + asked


def packed(documents: Sequence[Document], length: int) -> Batch:
    """In their order, whole, side by side where they fit into a row of `length`."""
    rows: list[list[Document]] = []
    free = -1
    for ids, labels in ((ids[:length], labels[:length]) for ids, labels in documents):
        if len(ids) > free:
            rows.append([])
            free = length
        rows[-1].append((ids, labels))
        free -= len(ids)
    return stacked([laid_out(row, length) for row in rows])


def laid_out(row: list[Document], length: int) -> list[list[int]]:
    """Ids, labels, positions and segments of one row."""
    ids = [token for tokens, _ in row for token in tokens]
    labels = [label for _, asked in row for label in asked]
    positions = [at for tokens, _ in row for at in range(len(tokens))]
    segments = [number for number, (tokens, _) in enumerate(row, 1) for _ in tokens]
    empty = length - len(ids)
    return [part + [fill] * empty for part, fill in ((ids, END), (labels, IGNORED), (positions, 0), (segments, 0))]


def stacked(rows: list[list[list[int]]]) -> Batch:
    return {name: torch.tensor([row[at] for row in rows]) for at, name in enumerate(NAMES)}


def next_token(logits: Tensor, labels: Tensor) -> Tensor:
    """The sum of nats: position t predicts what label t + 1 asks for."""
    return cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum")


def asked_for(labels: Tensor) -> int:
    return int((labels[:, 1:] != IGNORED).sum())


def rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    way = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2


def clipped(gradients: Weights, most: float) -> Weights:
    size = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt()
    return {name: gradient * min(1.0, most / size.item()) for name, gradient in gradients.items()}


def by_tokens(counts: list[int]) -> list[float]:
    """What each batch's sum of nats is multiplied by."""
    return [1 / sum(counts)] * len(counts)


@dataclass(frozen=True)
class Training:
    """Steps on several small batches each; the fields are what people get wrong."""

    model: Model = Model()
    cost: Callable[[Tensor, Tensor], Tensor] = next_token
    count: Callable[[Tensor], int] = asked_for
    scale: Callable[[list[int]], list[float]] = by_tokens
    clip: Callable[[Weights, float], Weights] = clipped
    cleared: bool = True
    learns: Callable[[str], bool] = lambda _: True

    def gradients(self, w: Weights, batches: list[Batch]) -> tuple[Tensor, Weights]:
        """Nats per token over all batches, and the gradient."""
        ready = {name: array.detach().clone().requires_grad_() for name, array in w.items()}
        scales = self.scale([self.count(batch["labels"]) for batch in batches])
        sums = [self.cost(self.model(ready, batch), batch["labels"]) for batch in batches]
        loss = torch.stack([scale * total for scale, total in zip(scales, sums, strict=True)]).sum()
        found = torch.autograd.grad(loss, list(ready.values()), materialize_grads=True)
        return loss.detach(), dict(zip(ready, found, strict=True))

    def run(self, w: Weights, steps: list[list[Batch]], lr: float, most: float) -> tuple[Tensor, Weights]:
        """Plain gradient descent: the losses before each step, (K,), and the weights after the last."""
        losses, left = [], {name: torch.zeros_like(array) for name, array in w.items()}
        for batches in steps:
            loss, found = self.gradients(w, batches)
            losses.append(loss)
            found = {name: gradient + left[name] for name, gradient in found.items()}
            found = self.clip(found, most)
            left = {name: gradient * (not self.cleared) for name, gradient in found.items()}
            w = {name: array - lr * found[name] * self.learns(name) for name, array in w.items()}
        return torch.stack(losses), w


def measured(w: Weights, batches: list[Batch]) -> list[tuple[float, int]]:
    """Sum of nats and count of each batch."""
    with torch.no_grad():
        return [(next_token(Model()(w, b), b["labels"]).item(), asked_for(b["labels"])) for b in batches]


def mean_nats(parts: list[tuple[float, int]]) -> float:
    return sum(total for total, _ in parts) / sum(count for _, count in parts)
