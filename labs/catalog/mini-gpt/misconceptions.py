"""What people get wrong: the reference with one ingredient changed. Each text fits after "your answer equals"."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from reference import BETAS, Leaves, Model, Training, Weights, clipped, decays, dlogits, rate, shifted_loss


def fed(edit: Callable[[Weights], Weights]) -> Callable[[Model], Callable[[Weights, Tensor], Tensor]]:
    return lambda right: lambda w, ids: right(edit(w), ids)


def changed(**ingredients: Any) -> Callable[[Model], Callable[[Weights, Tensor], Tensor]]:
    return lambda right: replace(right, **ingredients)


def scaled(right: Model) -> Callable[[Weights, Tensor], Tensor]:
    return lambda w, ids: replace(right, table_scale=math.sqrt(w["tokens"].size(1)))(w, ids)


MODELS = [
    ("no-positions", "a model without positions", fed(lambda w: w | {"positions": 0 * w["positions"]})),
    ("positions-from-one", "positions that begin with 1", changed(place=lambda places: places + 1)),
    ("one-position", "the same position everywhere", changed(place=lambda places: 0 * places)),
    ("not-causal", "a model whose tokens see the future", changed(causal=False)),
    ("no-last-norm", "a model without the last norm", changed(last_norm=False)),
    ("post-norm", "post-norm blocks", changed(post_norm=True)),
    ("scaled-table", "token vectors times √D", scaled),
    ("first-block-only", "the first block used for all", changed(order=lambda blocks: blocks[:1] * len(blocks))),
    ("backwards", "the blocks in the opposite order", changed(order=lambda blocks: blocks[::-1])),
    ("one-block-less", "a model without its last block", changed(order=lambda blocks: blocks[:-1])),
]
BLIND = [MODELS[0], MODELS[3]]
"""Those that greedy and sampled text are told apart from too."""


def summed(logits: Tensor, ids: Tensor) -> Tensor:
    return shifted_loss(logits, ids) * ids.size(0) * (ids.size(1) - 1)


def over_rows(logits: Tensor, ids: Tensor) -> Tensor:
    return shifted_loss(logits, ids) * (ids.size(1) - 1)


def over_places(logits: Tensor, ids: Tensor) -> Tensor:
    return shifted_loss(logits, ids) * (ids.size(1) - 1) / ids.size(1)


def rolled(logits: Tensor, ids: Tensor) -> Tensor:
    return cross_entropy(logits.flatten(0, 1), ids.roll(-1, dims=1).flatten())


LOSSES = [
    ("no-shift", "a loss without the shift: each token is to predict itself", partial(shifted_loss, shift=0)),
    ("double-shift", "a loss that is shifted twice", partial(shifted_loss, shift=2)),
    ("backwards", "a loss for the token before", partial(shifted_loss, shift=-1)),
    ("rolled", "a loss in which the last token predicts the first", rolled),
    ("summed", "the loss summed over all places", summed),
    ("over-rows", "the loss averaged over the batch and summed over the places", over_rows),
    ("over-places", "the loss divided by T where T − 1 places count", over_places),
    ("probabilities", "the loss of probabilities", lambda logits, ids: shifted_loss(logits.softmax(-1), ids)),
]


def gradient_of(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, ids: Tensor) -> Tensor:
    leaf = logits.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(leaf, ids), leaf)[0]


DLOGITS = [(key, f"the gradient of {text}", partial(gradient_of, loss)) for key, text, loss in LOSSES]
DLOGITS.append(("no-gradient", "zero: the loss is cut from its graph", lambda logits, ids: 0 * dlogits(logits, ids)))


def straight(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak + (floor - peak) * min(1.0, (step - warmup) / (steps - warmup))


def from_the_start(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    way = min(1.0, step / steps)
    cosine = floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2
    return rate(step, steps, warmup, peak, floor) if step < warmup else cosine


def again(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    cosine = floor + (peak - floor) * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2
    return rate(step, steps, warmup, peak, floor) if step < warmup else cosine


def from_zero(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    return peak * step / warmup if step < warmup else rate(step, steps, warmup, peak, floor)


def to_zero(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    del floor
    return rate(step, steps, warmup, peak, 0.0)


def at_once(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    return peak if step < warmup else rate(step, steps, warmup, peak, floor)


RATES = [
    ("from-zero", "a warm-up whose first step is zero", from_zero),
    ("no-warmup", "a schedule without warm-up", at_once),
    ("straight", "a straight line down instead of a cosine", straight),
    ("to-zero", "a cosine that falls to zero, not to the floor", to_zero),
    ("from-the-start", "a cosine that began with step 0", from_the_start),
    ("again", "a cosine that rises again behind the last step", again),
]


def planned(schedule: Callable[..., float], at: list[int], plan: list[float]) -> Tensor:
    return torch.tensor([schedule(step, *plan) for step in at], dtype=torch.float64)


def everything(name: str) -> bool:
    del name
    return True


def no_tables(name: str) -> bool:
    return decays(name) and name not in {"tokens", "positions", "head"}


DECAYS = [
    ("all-decay", "decay of gains and biases too", everything),
    ("none-decays", "no decay at all", lambda _: False),
    ("tables-kept", "decay of the blocks' matrices alone", no_tables),
]


def faded(arrays: Leaves, share: float, decaying: Callable[[str], bool]) -> Leaves:
    return {name: array * (1 - share * decaying(name)) for name, array in arrays.items()}


def by_value(gradients: Leaves, most: float) -> Leaves:
    return {name: gradient.clamp(-most, most) for name, gradient in gradients.items()}


def each_alone(gradients: Leaves, most: float) -> Leaves:
    return {name: clipped({name: gradient}, most)[name] for name, gradient in gradients.items()}


def always(gradients: Leaves, most: float) -> Leaves:
    norm = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt()
    return {name: gradient * most / norm for name, gradient in gradients.items()}


def unclipped(gradients: Leaves, most: float) -> Leaves:
    del most
    return gradients


WAYS = [
    ("untied", "a model with a head of its own", Training(tied=False)),
    ("not-clipped", "steps without clipping", Training(clip=unclipped)),
    ("clipped-by-value", "gradients clipped value by value", Training(clip=by_value)),
    ("clipped-alone", "gradients clipped array by array", Training(clip=each_alone)),
    ("uphill", "steps uphill", Training(sign=-1.0)),
    *((key, f"steps on {text}", Training(loss=loss)) for key, text, loss in LOSSES[:2]),
]
STEPS = [
    *WAYS,
    ("rate-ignored", "the array as it was: the rate is not set", Training(sign=0.0)),
    ("normalised", "gradients that are scaled up to the largest norm", Training(clip=always)),
]
WALKS = [
    *WAYS,
    ("not-cleared", "gradients that add up from step to step", Training(cleared=False)),
    ("first-rate", "steps that all have the first one's rate", Training(rates=lambda rates: rates[:1] * len(rates))),
    ("beta2-999", "Adam with β₂ = 0.999", Training(betas=(BETAS[0], 0.999))),
    *((key, text, Training(decaying=decaying)) for key, text, decaying in DECAYS[:2]),
]


def first_places(ids: Tensor, context: int) -> Tensor:
    return ids[:, :context]


def one_place(ids: Tensor, context: int) -> Tensor:
    del context
    return ids[:, -1:]


def one_less(ids: Tensor, context: int) -> Tensor:
    return ids[:, -(context - 1) :]


WINDOWS = [
    ("first-places", "a text that goes on from the first tokens, not the last", first_places),
    ("one-place", "a text whose every token sees only the one before", one_place),
    ("one-less", "a text that drops a token which still fits", one_less),
]
HEATS = [
    ("not-heated", "probabilities without the temperature", lambda z, _: z.softmax(-1)),
    ("multiplied", "logits times the temperature", lambda z, heat: (z * heat).softmax(-1)),
    ("greedy", "always the likeliest token", lambda z, _: (z == z.max()).double()),
]
