"""What people compute instead; texts fit after "your answer equals"."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gpu_runner.checking import Misconception
from reference import Clip, cosines, first_end, unit

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def known(mistakes: Mistakes) -> list[Misconception]:
    return [Misconception(name, text, fn) for name, text, fn in mistakes]


def over_real(states: Tensor, ids: Tensor, eos: int) -> Tensor:
    real = (torch.arange(ids.size(1)) <= first_end(ids, eos)[:, None]).to(states.dtype)
    return (states * real[..., None]).sum(1) / real.sum(1, keepdim=True)


def before_the_end(states: Tensor, ids: Tensor, eos: int) -> Tensor:
    return states[torch.arange(len(ids)), first_end(ids, eos) - 1]


def at_the_largest_id(states: Tensor, ids: Tensor, _eos: int) -> Tensor:
    return states[torch.arange(len(ids)), ids.argmax(-1)]


POOLINGS: Mistakes = [
    ("first-token", "the state of the start token, which has read nothing else", lambda x, _ids, _eos: x[:, 0]),
    ("last-place", "the state at the last place, mostly padding", lambda x, _ids, _eos: x[:, -1]),
    ("mean-of-all", "the mean over all places, padding too", lambda x, _ids, _eos: x.mean(1)),
    ("mean-of-real", "the mean over the real tokens", over_real),
    ("before-the-end", "the state before the end token", before_the_end),
    ("largest-id", "the state at the largest id, where the end token need not be", at_the_largest_id),
]


def of_embedding(right: Clip) -> list[Misconception]:
    others = [(name, f"the embedding from {text}", replace(right, pool=pool)) for name, text, pool in POOLINGS]
    others += [
        ("not-normalised", "embeddings that keep their length", replace(right, normalised=False)),
        (
            "normalised-first",
            "states divided by their length before the projection",
            replace(right, normalised_first=True, normalised=False),
        ),
        ("no-last-norm", "embeddings without the last layer norm", replace(right, last_norm=False)),
    ]
    return known(others)


def of_a_batch(
    rows: list[list[int]], bos: int, eos: int, length: int
) -> tuple[list[Misconception], list[Misconception]]:
    """For the ids and for the mask."""

    def filled(wholes: list[list[int]], pad: int) -> Tensor:
        return torch.tensor([(whole + [pad] * length)[:length] for whole in wholes])

    def marked(lengths: list[int]) -> Tensor:
        return torch.tensor([[int(at < count) for at in range(length)] for count in lengths])

    wholes = [[bos, *row[: length - 2], eos] for row in rows]
    counts = [len(whole) for whole in wholes]
    uncut = [[bos, *row, eos] for row in rows]
    left = torch.tensor([[eos] * (length - len(whole)) + whole for whole in wholes])
    ids = [
        ("end-cut-off", "ids whose end token is cut off where the text is too long", filled(uncut, eos)),
        ("padded-with-zero", "ids padded with 0", filled(wholes, 0)),
        ("no-start", "ids without the start token", filled([[*row[: length - 1], eos] for row in rows], eos)),
        ("padded-left", "ids with their padding on the left", left),
    ]
    masks = [
        ("end-masked", "a mask that hides the end token", marked([count - 1 for count in counts])),
        ("all-ones", "a mask of ones alone", marked([length] * len(rows))),
        ("text-alone", "a mask of the text without start and end", marked([count - 2 for count in counts])),
    ]
    return tuple([Misconception(key, text, value.clone) for key, text, value in each] for each in (ids, masks))


COSINES: Mistakes = [
    ("dot-products", "dot products, not divided by any length", lambda a, b: a @ b.mT),
    ("one-side", "dot products with the rows of `a` alone made unit", lambda a, b: unit(a) @ b.mT),
    ("other-side", "dot products with the rows of `b` alone made unit", lambda a, b: a @ unit(b).mT),
    (
        "squares",
        "dot products divided by squared lengths",
        lambda a, b: unit(a) @ unit(b).mT / a.norm(dim=-1)[:, None] / b.norm(dim=-1),
    ),
    ("distances", "distances", torch.cdist),
]
ENSEMBLES: Mistakes = [
    ("long-ones-count-more", "a mean in which long vectors count more", lambda v: unit(v.mean(1))),
    ("not-unit-again", "a mean of unit vectors that is not made unit again", lambda v: unit(v).mean(1)),
    ("plain-mean", "the plain mean", lambda v: v.mean(1)),
    ("first-prompt", "the first prompt alone", lambda v: unit(v[:, 0])),
]


def one_way(text: Tensor, image: Tensor, log_scale: Tensor) -> Tensor:
    return cross_entropy(log_scale.exp() * cosines(text, image), torch.arange(len(text)))


def two_ways(matrix: Callable[[Tensor, Tensor, Tensor], Tensor], text: Tensor, image: Tensor, s: Tensor) -> Tensor:
    logits, pairs = matrix(text, image, s), torch.arange(len(text))
    return (cross_entropy(logits, pairs) + cross_entropy(logits.mT, pairs)) / 2


LOSSES: Mistakes = [
    ("rows-only", "the loss of each text among the images alone", one_way),
    ("columns-only", "the loss of each image among the texts alone", lambda t, i, s: one_way(i, t, s)),
    ("summed", "the sum of both directions, not their mean", lambda t, i, s: one_way(t, i, s) + one_way(i, t, s)),
    ("no-exponential", "a loss scaled by log_scale itself", partial(two_ways, lambda t, i, s: s * cosines(t, i))),
    ("divided", "a loss divided by the scale", partial(two_ways, lambda t, i, s: cosines(t, i) / s.exp())),
    ("not-normalised", "a loss of dot products", partial(two_ways, lambda t, i, s: s.exp() * t @ i.mT)),
]
