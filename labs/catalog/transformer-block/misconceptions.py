"""What people compute instead: the reference with one ingredient changed, on the very inputs of the check.

Each is a noun phrase that fits after "your answer equals".
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import gelu, relu, silu

from reference import Block, Recipe, Weights, over_keys, post_norm, pre_norm, without

Mistakes = list[tuple[str, str, Callable[["Recipe"], Block]]]  # id, what was computed, how (given the right recipe)


def swapped_norms(w: Weights) -> Weights:
    other = str.maketrans("12", "21")
    return w | {name: w[name.translate(other)] for name in w if name.startswith("norm")}


def along_batch(recipe: Block, w: Weights, x: Tensor) -> Tensor:
    return recipe(w, x.transpose(0, 1)).transpose(0, 1)


def split_raw(x: Tensor, heads: int) -> Tensor:
    return x.reshape(len(x), heads, x.size(1), -1)  # (B, T, D) -> (B, H, T, D/H), tokens torn apart


def merge_raw(x: Tensor) -> Tensor:
    return x.reshape(len(x), x.size(2), -1)  # (B, H, T, D/H) -> (B, T, D), tokens mixed


def over_queries(scores: Tensor, allowed: Tensor) -> Tensor:
    return scores.masked_fill(~allowed, -math.inf).softmax(-2)


def mask_zero(scores: Tensor, allowed: Tensor) -> Tensor:
    return scores.masked_fill(~allowed, 0.0).softmax(-1)


def mask_sees_next(scores: Tensor, allowed: Tensor) -> Tensor:
    return over_keys(scores, torch.ones_like(allowed).tril(1))


def detached_attention(scores: Tensor, allowed: Tensor) -> Tensor:
    return over_keys(scores, allowed).detach()


def changed(**ingredients: object) -> Callable[[Recipe], Block]:
    return lambda right: replace(right, **ingredients)


def fed(edit: Callable[[Weights], Weights]) -> Callable[[Recipe], Block]:
    return lambda right: lambda w, x: right(edit(w), x)


MISTAKES: Mistakes = [
    ("post-norm", "post-norm", changed(join=post_norm)),
    ("pre-norm", "pre-norm", changed(join=pre_norm)),
    ("pre-norm-no-skip", "a pre-norm block without skip connections", changed(join=lambda x, f, norm: f(norm(x)))),
    ("post-norm-no-skip", "a post-norm block without skip connections", changed(join=lambda x, f, norm: norm(f(x)))),
    ("skip-from-norm", "a skip that starts behind the norm", changed(join=lambda x, f, norm: norm(x) + f(norm(x)))),
    ("norm-on-branch", "the norm behind each branch, x + norm(f(x))", changed(join=lambda x, f, norm: x + norm(f(x)))),
    ("no-norm", "a block without layer norms", changed(join=lambda x, f, _: x + f(x))),
    ("norms-swapped", "norm1 and norm2 exchanged", fed(swapped_norms)),
    ("sample-variance", "layer norm with the variance over D - 1", changed(correction=1)),
    ("eps-1e-6", "layer norm with eps = 1e-6", changed(deviation=lambda variance: (variance + 1e-6).sqrt())),
    ("eps-missing", "layer norm with a vanishing eps", changed(deviation=lambda variance: (variance + 1e-12).sqrt())),
    ("eps-outside", "layer norm with eps outside the root", changed(deviation=lambda variance: variance.sqrt() + 1e-5)),
    ("scaled-by-d-model", "attention divided by √D instead of √(D/H)", changed(divisor=lambda d, _: math.sqrt(d))),
    ("unscaled", "attention without the division by √(D/H)", changed(divisor=lambda *_: 1.0)),
    ("no-root", "attention divided by D/H instead of its root", changed(divisor=lambda _, d_head: d_head)),
    ("over-queries", "softmax over the queries instead of the keys", changed(weigh=over_queries)),
    ("over-heads", "softmax over the heads instead of the keys", changed(weigh=lambda s, ok: s.softmax(1) * ok)),
    ("mask-after", "a mask after the softmax", changed(weigh=lambda s, ok: s.softmax(-1) * ok)),
    ("mask-ignored", "attention without a mask", changed(weigh=lambda s, _: s.softmax(-1))),
    ("mask-flipped", "a mask that hides the past, not the future", changed(weigh=lambda s, ok: over_keys(s, ok.mT))),
    ("mask-zero", "forbidden scores set to 0 instead of −∞", changed(weigh=mask_zero)),
    ("mask-sees-next", "a mask that lets each token see the next one", changed(weigh=mask_sees_next)),
    ("merged-raw", "heads merged without moving them back behind the tokens", changed(merge=merge_raw)),
    ("split-raw", "heads cut straight to (B, H, T, D/H)", changed(split=split_raw)),
    ("along-batch", "attention along the batch instead of the tokens", lambda right: partial(along_batch, right)),
    ("no-output-bias", "attention without its output bias", fed(lambda w: without(w, "bo"))),
    ("no-final-bias", "a feed-forward network without its final bias", fed(lambda w: without(w, "b2"))),
    ("relu", "ReLU in the place of GELU", changed(activate=relu)),
    ("tanh-gelu", "the tanh approximation of GELU", changed(activate=partial(gelu, approximate="tanh"))),
    ("silu", "SiLU in the place of GELU", changed(activate=silu)),
    ("no-activation", "a feed-forward network without an activation", changed(activate=lambda x: x)),
]
CUT_GRADIENTS: Mistakes = [
    ("no-gradient", "no gradient at all", changed(join=lambda x, f, norm: 0 * x + pre_norm(x, f, norm).detach())),
    ("skip-only", "the gradient of the skip alone", changed(join=lambda x, f, norm: x + f(norm(x)).detach())),
    ("detached-attention", "a gradient cut at the attention weights", changed(weigh=detached_attention)),
]
