"""BERT and its fine-tuning as formulas, in the dtype that they are handed; from the paper, not from a library."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

Weights = dict[str, Tensor]
Batch = dict[str, Tensor]
PAD, UNK, CLS, SEP = 0, 1, 2, 3
EPS = 1e-12
HEADS = 4


def pieces(word: str, vocabulary: dict[str, int]) -> list[int]:
    """WordPiece: the longest piece that the vocabulary has, then the longest of the rest."""
    found, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = "##" * (start > 0) + word[start:end]
            if piece in vocabulary:
                found.append(vocabulary[piece])
                start = end
                break
        else:
            return [UNK]
    return found


def tokens(text: str, vocabulary: dict[str, int]) -> list[int]:
    """Words and single punctuation marks of an ASCII text, in small letters, as pieces."""
    return [i for word in re.findall(r"[a-z0-9]+|[^a-z0-9\s]", text.lower()) for i in pieces(word, vocabulary)]


def encoded(texts: list[str], vocabulary: dict[str, int], length: int) -> tuple[Tensor, Tensor]:
    """Ids and mask (N, T), padded to the longest of these texts."""
    return padded([[CLS, *tokens(text, vocabulary)[: length - 2], SEP] for text in texts])


def padded(rows: list[list[int]], width: int = 0) -> tuple[Tensor, Tensor]:
    width = width or max(map(len, rows))
    ids = torch.tensor([row + [PAD] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask


def norm(x: Tensor, w: Weights, at: str) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    scaled = centred / (centred.square().mean(-1, keepdim=True) + EPS).sqrt()
    return scaled * w[f"{at}.LayerNorm.weight"] + w[f"{at}.LayerNorm.bias"]


def linear(x: Tensor, w: Weights, at: str) -> Tensor:
    return x @ w[f"{at}.weight"].mT + w[f"{at}.bias"]


def attend(x: Tensor, mask: Tensor, w: Weights, at: str) -> Tensor:
    def split(name: str) -> Tensor:
        return linear(x, w, f"{at}.self.{name}").unflatten(-1, (HEADS, -1)).transpose(1, 2)  # (B, H, T, C)

    q, k, v = (split(name) for name in ("query", "key", "value"))
    scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(mask[:, None, None] == 0, -math.inf)
    return linear((scores.softmax(-1) @ v).transpose(1, 2).flatten(2), w, f"{at}.output.dense")


def body(w: Weights, ids: Tensor, mask: Tensor) -> Tensor:
    """Ids and mask (B, T) -> last hidden states (B, T, D)."""
    at = "bert.embeddings"
    words, places, kinds = (w[f"{at}.{name}_embeddings.weight"] for name in ("word", "position", "token_type"))
    x = norm(words[ids] + places[: ids.size(1)] + kinds[0], w, at)
    layers = sum(name.endswith("query.weight") for name in w)
    for at in (f"bert.encoder.layer.{i}" for i in range(layers)):
        x = norm(x + attend(x, mask, w, f"{at}.attention"), w, f"{at}.attention.output")
        h = linear(x, w, f"{at}.intermediate.dense")
        h = h * (1 + torch.erf(h / math.sqrt(2))) / 2
        x = norm(x + linear(h, w, f"{at}.output.dense"), w, f"{at}.output")
    return x


def classify(w: Weights, ids: Tensor, mask: Tensor) -> Tensor:
    """Logits (B, C) from the first token's last state."""
    return linear(linear(body(w, ids, mask)[:, 0], w, "bert.pooler.dense").tanh(), w, "classifier")


def decays(name: str) -> bool:
    return not name.endswith(".bias") and "LayerNorm" not in name


def rate(step: int, steps: int, warmup: int, peak: float) -> float:
    rise = step / warmup if step < warmup else math.inf
    return peak * min(rise, max(0.0, (steps - step) / (steps - warmup)))


def by_size(sizes: list[int]) -> list[float]:
    """How much each small batch's mean counts."""
    return [size / sum(sizes) for size in sizes]


def clipped(gradients: Weights, most: float) -> Weights:
    norm = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt()
    return {name: gradient * min(1.0, most / norm.item()) for name, gradient in gradients.items()}


@dataclass(frozen=True)
class Training:
    """Steps of training on several small batches each; the fields are what people get wrong."""

    share: Callable[[list[int]], list[float]] = by_size
    clip: Callable[[Weights, float], Weights] = clipped
    clips_each: bool = False
    cleared: bool = True
    mask: Callable[[Tensor], Tensor] = lambda mask: mask
    learns: Callable[[str], bool] = lambda _: True
    last_only: bool = False

    def gradients(self, w: Weights, batch: Batch) -> tuple[Tensor, Weights]:
        ready = {name: array.detach().clone().requires_grad_() for name, array in w.items()}
        logits = classify(ready, batch["input_ids"], self.mask(batch["attention_mask"]))
        loss = cross_entropy(logits, batch["labels"])
        found = torch.autograd.grad(loss, list(ready.values()), materialize_grads=True)
        return loss.detach(), dict(zip(ready, found, strict=True))

    def run(self, w: Weights, steps: list[list[Batch]], lr: float, most: float) -> tuple[Tensor, Weights]:
        """Plain gradient descent: the losses before each step, (K,), and the weights after the last."""
        losses, added = [], {name: torch.zeros_like(array) for name, array in w.items()}
        for batches in steps:
            shares = self.share([len(batch["labels"]) for batch in batches])
            made = [self.gradients(w, batch) for batch in batches]
            losses.append(sum(share * loss for share, (loss, _) in zip(shares, made, strict=True)))
            whole = added if not self.cleared else {name: torch.zeros_like(array) for name, array in w.items()}
            for share, (_, found) in list(zip(shares, made, strict=True))[-1 if self.last_only else 0 :]:
                part = {name: share * gradient for name, gradient in found.items()}
                whole = {name: whole[name] + gradient for name, gradient in part.items()}
                whole = self.clip(whole, most) if self.clips_each else whole
            added = whole if self.clips_each else self.clip(whole, most)
            w = {name: array - lr * added[name] * self.learns(name) for name, array in w.items()}
        return torch.stack(losses), w


def table(truth: Tensor, predicted: Tensor, classes: int) -> Tensor:
    found = torch.zeros(classes, classes, dtype=torch.int64)
    for true, guess in zip(truth.tolist(), predicted.tolist(), strict=True):
        found[true, guess] += 1
    return found


def f1(counts: Tensor) -> Tensor:
    """Of each class, (C,); 0 where it never occurs."""
    counts = counts.double()
    right = counts.diagonal()
    precision, recall = (right / counts.sum(axis).clamp(min=1) for axis in (0, 1))
    return 2 * precision * recall / (precision + recall).clamp(min=1e-12)
