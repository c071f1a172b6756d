"""The formulas with one ingredient changed: what people write instead."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gpu_runner.checking import Misconception
from reference import (
    END,
    IGNORED,
    Batch,
    Document,
    Model,
    Training,
    Weights,
    along_the_row,
    any_past,
    asked_for,
    clipped,
    encoded,
    next_token,
    own_all,
    packed,
    stacked,
)

Ways = list[tuple[str, str, Any]]


def known(ways: Ways, answer: Callable[[Any], Tensor], text: str = "{}") -> list[Misconception]:
    """Each way as a misconception about `answer`; it is computed only where a comparison fails."""
    return [Misconception(key, text.format(what), lambda way=way: answer(way)) for key, what, way in ways]


def prompt_asked(prompt: str, answer: str) -> Document:
    ids, _ = encoded(prompt, answer)
    return ids, list(ids)


def no_end(prompt: str, answer: str) -> Document:
    ids, labels = encoded(prompt, answer)
    return ids[:-1], labels[:-1]


def end_ignored(prompt: str, answer: str) -> Document:
    ids, labels = encoded(prompt, answer)
    return ids, [*labels[:-1], IGNORED]


def shifted(prompt: str, answer: str) -> Document:
    ids, labels = encoded(prompt, answer)
    return ids, [*labels[1:], IGNORED]


def code_points(prompt: str, answer: str) -> Document:
    ids = [*map(ord, prompt + answer), END]
    return ids, [IGNORED] * len(prompt) + ids[len(prompt) :]


ENCODINGS: Ways = [
    ("prompt-asked", "labels that ask for the prompt, too", prompt_asked),
    ("no-end", "a document without its end", no_end),
    ("end-ignored", "labels that do not ask for the end", end_ignored),
    ("shifted", "labels shifted by one, which the loss will do again", shifted),
    ("code-points", "letters' code points instead of bytes", code_points),
]


def changed(name: str, way: Callable[[Batch], Tensor]) -> Callable[[Sequence[Document], int], Batch]:
    def pack(documents: Sequence[Document], length: int) -> Batch:
        batch = packed(documents, length)
        return batch | {name: way(batch)}

    return pack


def one_each(documents: Sequence[Document], length: int) -> Batch:
    parts = [packed([document], length) for document in documents]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def cut_anywhere(documents: Sequence[Document], length: int) -> Batch:
    """One long text, cut into rows wherever they end; documents go on in the next row."""
    places = [
        (token, label, at, number)
        for number, (ids, labels) in enumerate(documents, 1)
        for at, (token, label) in enumerate(zip(ids, labels, strict=True))
    ]
    rows = [places[start : start + length] for start in range(0, len(places), length)]
    rows[-1] = rows[-1] + [(END, IGNORED, 0, 0)] * (length - len(rows[-1]))
    return stacked([[list(part) for part in zip(*row, strict=True)] for row in rows])


def asked_pads(batch: Batch) -> Tensor:
    return batch["labels"].masked_fill(batch["segments"] == 0, END)


def running(batch: Batch) -> Tensor:
    return batch["segments"].cummax(1).values


PACKINGS: Ways = [
    ("padding-asked", "labels that ask for padding", changed("labels", asked_pads)),
    ("positions-run-on", "positions that run on through the row", changed("position_ids", along_the_row)),
    ("one-segment", "rows of a single segment", changed("segments", lambda b: torch.ones_like(b["segments"]))),
    ("pads-in-segment", "padding that belongs to the last document", changed("segments", running)),
    ("one-each", "one document in each row", one_each),
    ("cut-anywhere", "documents cut where a row ends", cut_anywhere),
]


MODELS: Ways = [
    ("documents-meet", "logits for which a document reads the ones before it", Model(seen=any_past)),
    ("future", "logits for which a document reads its own future", Model(seen=own_all)),
    ("positions-run-on", "logits with positions that run on through the row", Model(positions=along_the_row)),
]


def double_shift(logits: Tensor, labels: Tensor) -> Tensor:
    return next_token(logits[:, :-1], labels[:, 1:])


def unshifted(logits: Tensor, labels: Tensor) -> Tensor:
    return cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")


def backwards(logits: Tensor, labels: Tensor) -> Tensor:
    return next_token(logits.flip(1), labels.flip(1))


def mean(logits: Tensor, labels: Tensor) -> Tensor:
    return next_token(logits, labels) / asked_for(labels)


def in_bits(logits: Tensor, labels: Tensor) -> Tensor:
    return next_token(logits, labels) / math.log(2)


COSTS: Ways = [
    ("double-shift", "the nats of the token after the next: labels were shifted twice", double_shift),
    ("no-shift", "the nats of the token itself, which the model sees", unshifted),
    ("backwards", "the nats of the token before", backwards),
    ("mean", "the mean instead of the sum", mean),
    ("bits", "bits instead of nats", in_bits),
]


def count_unshifted(labels: Tensor) -> int:
    return int((labels != IGNORED).sum())


COUNTS: Ways = [
    ("count-unshifted", "a count that holds first tokens, which nothing predicts", count_unshifted),
    ("all-places", "a count of all places", lambda labels: labels[:, 1:].numel()),
]


def mean_of_means(counts: list[int]) -> list[float]:
    return [1 / count / len(counts) for count in counts]


def sum_of_means(counts: list[int]) -> list[float]:
    return [1 / count for count in counts]


def unclipped(gradients: Weights, _most: float) -> Weights:
    return gradients


def each_array(gradients: Weights, most: float) -> Weights:
    return {name: clipped({name: gradient}, most)[name] for name, gradient in gradients.items()}


TRAININGS: Ways = [
    ("mean-of-means", "the mean of the batches' means", Training(scale=mean_of_means)),
    ("sum-of-means", "the sum of the batches' means", Training(scale=sum_of_means)),
    ("summed", "the sum of nats, not divided", Training(scale=lambda counts: [1.0] * len(counts))),
    ("all-places", "nats divided by all places", Training(count=COUNTS[1][2])),
    ("unclipped", "no clipping", Training(clip=unclipped)),
    ("clipped-by-array", "each array clipped for itself", Training(clip=each_array)),
    ("not-cleared", "gradients that add up from step to step", Training(cleared=False)),
    ("head-only", "a body that stands still", Training(learns=lambda name: name == "lm_head.weight")),
    ("documents-meet", "documents that read each other", Training(model=MODELS[0][2])),
    ("double-shift", "labels shifted twice", Training(cost=double_shift)),
    ("no-shift", "labels not shifted", Training(cost=unshifted)),
]


def from_zero(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    return peak * step / warmup if step < warmup else fall(step, steps, warmup, peak, floor)


def fall(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    way = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2


def no_warmup(step: int, steps: int, _warmup: int, peak: float, floor: float) -> float:
    return fall(step, steps, 0, peak, floor)


def straight(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    way = min(1.0, (step - warmup) / (steps - warmup))
    return peak * (step + 1) / warmup if step < warmup else peak + (floor - peak) * way


def to_zero(step: int, steps: int, warmup: int, peak: float, _floor: float) -> float:
    return peak * (step + 1) / warmup if step < warmup else fall(step, steps, warmup, peak, 0.0)


def comes_back(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    way = (step - warmup) / (steps - warmup)
    return peak * (step + 1) / warmup if step < warmup else floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2


RATES: Ways = [
    ("from-zero", "a warm-up whose first step stands still", from_zero),
    ("no-warm-up", "a rate without warm-up", no_warmup),
    ("straight", "a fall along a line", straight),
    ("no-floor", "a fall to 0 and not to the floor", to_zero),
    ("comes-back", "a cosine that rises again after the last step", comes_back),
]

Parts = list[tuple[float, int]]


def of_means(parts: Parts) -> float:
    return sum(total / count for total, count in parts) / len(parts)


MEANS: Ways = [
    ("mean-of-means", "the mean of the batches' means", of_means),
    ("summed", "the sum of all nats", lambda parts: sum(total for total, _ in parts)),
    ("first", "the first batch alone", lambda parts: parts[0][0] / parts[0][1]),
]


def perplexities(parts: Parts) -> float:
    return sum(math.exp(total / count) for total, count in parts) / len(parts)


PERPLEXITIES: Ways = [
    ("mean-of-perplexities", "the mean of the batches' perplexities", perplexities),
    ("of-means", "the perplexity of the mean of means", lambda parts: math.exp(of_means(parts))),
    (
        "base-two",
        "2 to the power of the nats",
        lambda parts: 2 ** (sum(a for a, _ in parts) / sum(b for _, b in parts)),
    ),
]
