"""The formulas with one ingredient changed: what people write instead."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import CLS, SEP, Batch, Training, Weights, body, classify, clipped, decays, f1, linear, padded, tokens

Ways = list[tuple[str, str, Any]]


def known(ways: Ways, answer: Callable[[Any], Tensor], text: str = "{}") -> list[Misconception]:
    """Each way as a misconception about `answer`; it is computed only where a comparison fails."""
    return [Misconception(key, text.format(what), lambda way=way: answer(way)) for key, what, way in ways]


def rows_of(texts: list[str], vocabulary: dict[str, int], length: int) -> list[list[int]]:
    return [[CLS, *tokens(text, vocabulary)[: length - 2], SEP] for text in texts]


def bare(texts: list[str], vocabulary: dict[str, int], length: int) -> tuple[Tensor, Tensor]:
    return padded([tokens(text, vocabulary)[:length] for text in texts])


def cut_last(texts: list[str], vocabulary: dict[str, int], length: int) -> tuple[Tensor, Tensor]:
    return padded([[CLS, *tokens(text, vocabulary), SEP][:length] for text in texts])


def to_length(texts: list[str], vocabulary: dict[str, int], length: int) -> tuple[Tensor, Tensor]:
    return padded(rows_of(texts, vocabulary, length), length)


def all_real(texts: list[str], vocabulary: dict[str, int], length: int) -> tuple[Tensor, Tensor]:
    ids, mask = padded(rows_of(texts, vocabulary, length))
    return ids, torch.ones_like(mask)


def upside_down(texts: list[str], vocabulary: dict[str, int], length: int) -> tuple[Tensor, Tensor]:
    ids, mask = padded(rows_of(texts, vocabulary, length))
    return ids, 1 - mask


def from_the_left(texts: list[str], vocabulary: dict[str, int], length: int) -> tuple[Tensor, Tensor]:
    ids, mask = padded([row[::-1] for row in rows_of(texts, vocabulary, length)])
    return ids.flip(1), mask.flip(1)


ENCODINGS: Ways = [
    ("no-special-tokens", "pieces without [CLS] and [SEP]", bare),
    ("sep-cut-off", "rows cut when [SEP] was there already, so that long ones have none", cut_last),
    ("padded-to-length", "rows padded to `length`, though all are shorter", to_length),
    ("all-real", "a mask of ones, also on padding", all_real),
    ("upside-down", "a mask that is 1 on padding", upside_down),
    ("from-the-left", "rows padded on the left", from_the_left),
]


def everywhere(mask: Tensor) -> Tensor:
    return torch.ones_like(mask)


def answer_to(way: Callable[[Weights, Batch], Tensor], w: Weights, batch: Batch) -> Tensor:
    return way(w, batch)


def right(w: Weights, batch: Batch) -> Tensor:
    return classify(w, batch["input_ids"], batch["attention_mask"])


def mean_pooled(w: Weights, batch: Batch) -> Tensor:
    mask = batch["attention_mask"]
    mean = (body(w, batch["input_ids"], mask) * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return linear(linear(mean, w, "bert.pooler.dense").tanh(), w, "classifier")


PREDICTIONS: Ways = [
    (
        "pads-attended",
        "logits for which padding was read like text",
        lambda w, b: classify(w, b["input_ids"], everywhere(b["attention_mask"])),
    ),
    ("probabilities", "probabilities instead of logits", lambda w, b: right(w, b).softmax(-1)),
    ("log-probabilities", "log-probabilities instead of logits", lambda w, b: right(w, b).log_softmax(-1)),
    ("mean-pooled", "logits from the mean of all tokens' states", mean_pooled),
]


def fresh_norms(w: Weights) -> Weights:
    ends = {".weight": torch.ones_like, ".bias": torch.zeros_like}
    return {name: ends[name[name.rindex(".") :]](a) if "LayerNorm" in name else a for name, a in w.items()}


def without(part: str) -> Callable[[Weights, Batch], Tensor]:
    return lambda w, b: right({name: a * (part not in name) for name, a in w.items()}, b)


BUILDS: Ways = [
    ("fresh-norms", "a body whose layer norms are as new", lambda w, b: right(fresh_norms(w), b)),
    ("no-positions", "a body without its table of positions", without("position_embeddings")),
    (
        "one-layer",
        "the body's first layer alone",
        lambda w, b: right({name: a for name, a in w.items() if ".layer.1." not in name}, b),
    ),
]


def mean_of_means(sizes: list[int]) -> list[float]:
    return [1 / len(sizes)] * len(sizes)


def summed(sizes: list[int]) -> list[float]:
    return [1.0] * len(sizes)


def each_array(gradients: Weights, most: float) -> Weights:
    return {name: clipped({name: gradient}, most)[name] for name, gradient in gradients.items()}


def unclipped(gradients: Weights, _most: float) -> Weights:
    return gradients


TRAININGS: Ways = [
    ("mean-of-means", "the mean over batches of unequal size", Training(share=mean_of_means)),
    ("summed", "the sum of the batches' means", Training(share=summed)),
    ("unclipped", "no clipping", Training(clip=unclipped)),
    ("clipped-each", "clipping after every small batch", Training(clips_each=True)),
    ("clipped-by-array", "each array clipped for itself", Training(clip=each_array)),
    ("not-cleared", "gradients that add up from step to step", Training(cleared=False)),
    ("last-batch", "gradients of the last small batch alone", Training(last_only=True)),
    ("pads-attended", "attention that reads padding", Training(mask=everywhere)),
    ("head-only", "a body that stands still", Training(learns=lambda name: name.startswith("classifier"))),
]


DECAYS: Ways = [
    ("all-decay", "everything decays", lambda _: True),
    ("nothing-decays", "nothing decays", lambda _: False),
    ("norms-decay", "layer norms decay, too", lambda name: decays(name) or name.endswith("LayerNorm.weight")),
    ("biases-decay", "biases decay, too", lambda name: decays(name) or not name.endswith("LayerNorm.weight")),
    ("tables-spared", "embeddings do not decay", lambda name: decays(name) and "_embeddings" not in name),
]


def from_one(step: int, steps: int, warmup: int, peak: float) -> float:
    return peak * min((step + 1) / warmup, max(0.0, (steps - step) / (steps - warmup)))


def no_warmup(step: int, steps: int, _warmup: int, peak: float) -> float:
    return peak * max(0.0, 1 - step / steps)


def falls_from_the_start(step: int, steps: int, warmup: int, peak: float) -> float:
    return peak * min(step / warmup, 1) * max(0.0, 1 - step / steps)


def stays(step: int, _steps: int, warmup: int, peak: float) -> float:
    return peak * min(1.0, step / warmup)


def cosine(step: int, steps: int, warmup: int, peak: float) -> float:
    way = min(1.0, max(0.0, (step - warmup) / (steps - warmup)))
    return peak * min(step / warmup, (1 + math.cos(math.pi * way)) / 2)


def below_zero(step: int, steps: int, warmup: int, peak: float) -> float:
    return peak * (step / warmup if step < warmup else (steps - step) / (steps - warmup))


RATES: Ways = [
    ("from-one", "a warm-up that begins with its second step", from_one),
    ("no-warm-up", "a rate without warm-up", no_warmup),
    ("falls-from-the-start", "a fall that begins with the first step", falls_from_the_start),
    ("stays", "a rate that stays at its peak", stays),
    ("cosine", "a fall along a cosine", cosine),
    ("below-zero", "a rate that falls below 0 after the last step", below_zero),
]


def over_classes(counts: Tensor) -> Tensor:
    """F1 of the mean precision and the mean recall."""
    right = counts.diagonal().double()
    p, r = ((right / counts.sum(axis).clamp(min=1)).mean() for axis in (0, 1))
    return 2 * p * r / (p + r)


def seen_only(counts: Tensor) -> Tensor:
    return f1(counts)[counts.sum(0) > 0].mean()


SCORES: Ways = [
    ("micro", "accuracy, which is what F1 over all classes together comes to", lambda c: c.trace() / c.sum()),
    ("weighted", "F1 weighted by how often each class occurs", lambda c: (f1(c) * c.sum(1)).sum() / c.sum()),
    ("recall", "the mean recall", lambda c: (c.diagonal() / c.sum(1).clamp(min=1)).mean()),
    ("precision", "the mean precision", lambda c: (c.diagonal() / c.sum(0).clamp(min=1)).mean()),
    ("of-means", "the F1 of mean precision and mean recall", over_classes),
    ("predicted-only", "a mean without the classes that were never predicted", seen_only),
]


def tables(counts: Tensor) -> list[Misconception]:
    ways = [
        ("transposed", "predictions in rows and truth in columns", counts.mT),
        ("diagonal", "right answers alone", counts.diagonal().diag()),
    ]
    return [Misconception(key, text, partial(torch.clone, table)) for key, text, table in ways]
