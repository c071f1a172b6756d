"""What people compute instead: the reference with one ingredient changed, on the very inputs of the check.

Each is a noun phrase that fits after "your answer equals".
"""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Layer, Recipe, over_keys

Mistakes = list[tuple[str, str, Callable[["Recipe"], Layer]]]  # id, what was computed, how (given the right recipe)


def split_raw(x: Tensor, heads: int) -> Tensor:
    return x.reshape(len(x), heads, x.size(1), -1)  # (B, T, D) -> (B, H, T, D/H), tokens torn apart


def split_strided(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (-1, heads)).movedim(-1, 1)  # head h takes the columns h, h + H, h + 2H …


def merge_raw(x: Tensor) -> Tensor:
    return x.reshape(len(x), x.size(2), -1)  # (B, H, S, D/H) -> (B, S, D), tokens mixed


def merge_strided(x: Tensor) -> Tensor:
    return x.movedim(1, -1).flatten(2)  # (B, H, S, D/H) -> (B, S, D/H, H) -> (B, S, D)


def over_queries(scores: Tensor, allowed: Tensor) -> Tensor:
    return over_keys(scores.mT, allowed.mT).mT


def blind_uniform(scores: Tensor, allowed: Tensor) -> Tensor:
    return scores.masked_fill(~allowed, -1e30).softmax(-1)


def first_mask(scores: Tensor, allowed: Tensor) -> Tensor:
    return over_keys(scores, allowed[:1].expand_as(allowed))


def changed(**ingredients: object) -> Callable[[Recipe], Layer]:
    return lambda right: replace(right, **ingredients)


def without_bias(name: str) -> Callable[[Recipe], Layer]:
    return lambda right: lambda w, *inputs: right(w | {name: torch.zeros_like(w[name])}, *inputs)


MISTAKES: Mistakes = [
    ("scaled-by-d-model", "attention divided by √D instead of √(D/H)", changed(divisor=lambda d, _: math.sqrt(d))),
    ("unscaled", "attention without the division by √(D/H)", changed(divisor=lambda *_: 1.0)),
    ("no-root", "attention divided by D/H instead of its root", changed(divisor=lambda _, d_head: d_head)),
    ("one-head", "attention in one head of width D", changed(heads=1)),
    ("split-raw", "heads cut straight to (B, H, T, D/H)", changed(split=split_raw)),
    ("merged-raw", "heads merged without moving them back behind the tokens", changed(merge=merge_raw)),
    ("merged-strided", "heads merged with the head axis innermost", changed(merge=merge_strided)),
    ("strided", "heads made of every H-th column", changed(split=split_strided, merge=merge_strided)),
    ("over-queries", "softmax over the queries instead of the keys", changed(weigh=over_queries)),
    ("over-heads", "softmax over the heads instead of the keys", changed(weigh=lambda s, ok: s.softmax(1) * ok)),
    ("mask-ignored", "attention without a mask", changed(weigh=lambda s, _: s.softmax(-1))),
    ("mask-flipped", "a mask read the other way, True for hidden", changed(weigh=lambda s, ok: over_keys(s, ~ok))),
    ("mask-after", "a mask after the softmax", changed(weigh=lambda s, ok: s.softmax(-1) * ok)),
    ("mask-zero", "hidden scores set to 0 instead of −∞", changed(weigh=lambda s, ok: (s * ok).softmax(-1))),
    ("mask-of-first", "the first sequence's mask for the whole batch", changed(weigh=first_mask)),
    ("blind-uniform", "a plain average of all values where nothing may be seen", changed(weigh=blind_uniform)),
    ("no-output-bias", "attention without its output bias", without_bias("bo")),
    ("no-value-bias", "attention without the values' bias", without_bias("bv")),
]
SOURCES: Mistakes = [  # these make scores of another shape, for which a mask may not fit
    ("memory-ignored", "self-attention, with the memory left out", changed(sources=lambda x, _: (x, x, x))),
    ("memory-alone", "attention of the memory to itself", changed(sources=lambda _, memory: (memory,) * 3)),
    ("roles-swapped", "attention with queries from the memory", changed(sources=lambda x, memory: (memory, x, x))),
]
CUT_GRADIENTS: Mistakes = [
    ("no-gradient", "no gradient at all", lambda right: lambda w, x, memory, mask: 0 * right(w, x, memory, mask)),
    ("detached-weights", "a gradient cut at the weights", changed(weigh=lambda s, ok: over_keys(s, ok).detach())),
]
SKILLS = {
    "attention.scaling": ("scaled-by-d-model", "unscaled", "no-root"),
    "attention.heads": ("one-head", "split-raw", "merged-raw", "merged-strided", "strided"),
    "attention.softmax-axis": ("over-queries", "over-heads"),
    "attention.masking": ("mask-ignored", "mask-flipped", "mask-after", "mask-zero", "mask-of-first", "blind-uniform"),
    "attention.cross": ("memory-ignored", "memory-alone", "roles-swapped"),
}
"""What a mistake shows to be missing, whichever check it fails; the others count for the check's own skill."""


def misconception(name: str, text: str, fn: Callable[..., Tensor]) -> Misconception:
    skill = next((skill for skill, names in SKILLS.items() if name in names), "")
    return Misconception(name, text, fn, skill)
