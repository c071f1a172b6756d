"""Checks for multi-head attention: a float64 reference written as formulas, and the mistakes it is told apart from.

The reference is a `Recipe` whose defaults are the contract. A known mistake is the same recipe with one ingredient
changed, so it can be computed on the very inputs that a wrong answer was given for.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, Observation, check

Weights = dict[str, Tensor]
Inputs = tuple[Weights, Tensor, Tensor | None, Tensor | None]  # weights, x, memory, mask
Layer = Callable[..., Tensor]
Mistakes = list[tuple[str, str, Callable[["Recipe"], Layer]]]  # id, what was computed, how (given the right recipe)

TERMS = 12
"""Rounding of some fifty summed float32 values grows with the root of their number: see docs/authoring-a-lab.md."""
SLOPE_TOLERANCE = 5e-5
"""Slopes are scaled to be of order one: float32 backward stays within 1e-5 of float64 over 40 seeds."""
VISIBLE = 1e-4
"""A change of an output of order one: rounding moves its seventh digit, an attended token one of the first."""

AXES = {"wq": "D D", "wk": "D D", "wv": "D D", "wo": "D D", "bq": "D", "bk": "D", "bv": "D", "bo": "D"}
GAINS = {"wq": 1.5, "wk": 1.5, "wv": 1.5, "wo": 1.5}
"""Matrices scaled up from 1/√in, so that attention is far from uniform and a wrong scale shows."""


def over_keys(scores: Tensor, allowed: Tensor) -> Tensor:
    blind = ~allowed.any(-1, keepdim=True)
    return scores.masked_fill(~(allowed | blind), -math.inf).softmax(-1) * allowed


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, H, T, D/H)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, H, S, D/H) -> (B, S, D)


@dataclass(frozen=True)
class Recipe:
    """How the layer is computed; the defaults are the contract."""

    heads: int
    divisor: Callable[[int, int], float] = lambda _d_model, d_head: math.sqrt(d_head)
    weigh: Callable[[Tensor, Tensor], Tensor] = over_keys
    split: Callable[[Tensor, int], Tensor] = split_heads
    merge: Callable[[Tensor], Tensor] = merge_heads
    sources: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]] = lambda x, memory: (x, memory, memory)

    def __call__(self, w: Weights, x: Tensor, memory: Tensor | None, mask: Tensor | None) -> Tensor:
        sources = self.sources(x, x if memory is None else memory)
        q, k, v = (self.split(s @ w[f"w{p}"].mT + w[f"b{p}"], self.heads) for p, s in zip("qkv", sources, strict=True))
        scores = q @ k.mT / self.divisor(x.size(-1), q.size(-1))  # (B, H, S, T)
        allowed = torch.tensor(True) if mask is None else mask  # noqa: FBT003 - a mask of one value
        allowed = allowed.expand(len(x), *scores.shape[-2:]).unsqueeze(1)  # (B, 1, S, T)
        return self.merge(self.weigh(scores, allowed) @ v) @ w["wo"].mT + w["bo"]


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


# The mistakes, each a noun phrase that fits after "your answer equals".


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


def draw_config(lab: Lab) -> dict[str, int]:
    heads, width = lab.random.randint(2, 4), lab.random.randint(7, 12)
    lab.fix(H=heads, D=heads * width)
    lab.dims("S T B", S=(5, 9), T=(6, 11), B=(2, 6))
    return {"d_model": heads * width, "n_heads": heads}


def draw_weights(lab: Lab) -> Weights:
    return {name: lab.normal(axes, scale=scale(lab, name, axes)) for name, axes in AXES.items()}


def scale(lab: Lab, name: str, axes: str) -> float:
    return GAINS[name] / math.sqrt(lab.size(axes[-1])) if name in GAINS else 0.5


def draw_mask(lab: Lab, axes: str) -> Tensor:
    """A mask with about 60 % of the keys to be seen; in each row one at least is, and one is not."""
    drawn = lab.uniform(axes)
    return ((drawn < 0.6) | (drawn == drawn.amin(-1, keepdim=True))) & (drawn < drawn.amax(-1, keepdim=True))


def compare(lab: Lab, config: dict[str, int], inputs: Inputs) -> None:
    """Run the learner's layer on `inputs` and hold it against the recipe."""
    weights, *rest = inputs
    right = Recipe(config["n_heads"])
    out = lab.probe("forward", *rest, weights, **config)
    known = MISTAKES + SOURCES if inputs[-1] is None else MISTAKES
    mistakes = [Misconception(name, text, wrong(right)) for name, text, wrong in known]
    lab.agrees(out, right, on=inputs, axes="B S D", terms=TERMS, misconceptions=mistakes)


@check("shapes")
def one_vector_for_every_query(lab: Lab) -> None:
    config = draw_config(lab)
    weights = draw_weights(lab)
    for queries, keys in [("B S D", None), ("B S D", "B T D"), ("B 1 D", "B T D"), ("B S D", "B 1 D")]:
        out = lab.probe("forward", lab.normal(queries), keys and lab.normal(keys), None, weights, **config)
        lab.has_shape(out, queries)


@check("self-attention")
def self_attention_equals_the_reference(lab: Lab) -> None:
    compare(lab, draw_config(lab), (draw_weights(lab), lab.normal("B S D"), None, None))


@check("heads")
def a_head_moves_its_own_columns(lab: Lab) -> None:
    """With wo at the identity, output columns are head outputs; another wq for one head may move only that head's."""
    config = draw_config(lab)
    d, heads = config["d_model"], config["n_heads"]
    weights, x = draw_weights(lab) | {"wo": torch.eye(d)}, lab.normal("B S D")
    head = lab.random.randrange(heads)
    own = torch.arange(d) // (d // heads) == head
    moved = weights | {"wq": torch.where(own[:, None], lab.normal("D D"), weights["wq"])}
    before, after = (lab.probe("forward", x, None, None, w, **config).tensor(axes="B S D") for w in (weights, moved))
    change = (after - before).abs().amax(dim=(0, 1))  # (D,)
    others, still = change.masked_fill(own, 0.0), change.masked_fill(~own, math.inf)
    block = f"columns {head * d // heads} to {(head + 1) * d // heads - 1}"
    spill = f"New query weights for head {head} ({block}) moved column {int(others.argmax())} by {others.max():.2g}."
    lab.require(bool(others.max() <= VISIBLE), spill)
    deaf = f"New query weights for head {head} ({block}) did not move its column {int(still.argmin())}."
    lab.require(bool(still.min() > VISIBLE), deaf)


@check("cross-attention")
def cross_attention_equals_the_reference(lab: Lab) -> None:
    config = draw_config(lab)
    compare(lab, config, (draw_weights(lab), lab.normal("B S D"), lab.normal("B T D"), None))


@check("mixing")
def mixing_equal_values_changes_nothing(lab: Lab) -> None:
    config = draw_config(lab)
    weights = draw_weights(lab) | {"wv": torch.zeros(config["d_model"], config["d_model"])}  # every value is bv
    for mask in (None, draw_mask(lab, "B S T")):
        compare(lab, config, (weights, lab.normal("B S D"), lab.normal("B T D"), mask))


@check("masks")
def a_masked_layer_equals_the_reference(lab: Lab) -> None:
    config = draw_config(lab)
    inputs = draw_weights(lab), lab.normal("B S D"), lab.normal("B T D")
    compare(lab, config, (*inputs, draw_mask(lab, "B S T")))


@check("broadcast")
def a_shared_mask_is_understood(lab: Lab) -> None:
    config = draw_config(lab)
    inputs = draw_weights(lab), lab.normal("B S D"), lab.normal("B T D")
    for axes in ("S T", "B 1 T", "1 S T"):
        compare(lab, config, (*inputs, draw_mask(lab, axes)))


def with_blind_rows(lab: Lab, mask: Tensor) -> Tensor:
    """The mask with nothing to see for one query of each sequence."""
    rows = torch.tensor([lab.random.randrange(lab.size("S")) for _ in range(len(mask))])
    return mask & (torch.arange(lab.size("S")) != rows[:, None])[..., None]


@check("blind-rows")
def a_query_that_sees_nothing_mixes_nothing(lab: Lab) -> None:
    config = draw_config(lab)
    inputs = draw_weights(lab), lab.normal("B S D"), lab.normal("B T D")
    compare(lab, config, (*inputs, with_blind_rows(lab, draw_mask(lab, "B S T"))))


@check("causal-mask")
def causal_mask_counts_from_the_end(lab: Lab) -> None:
    few, many = lab.dims("S T", S=(3, 5), T=(6, 9))
    for queries, keys, axes in [(many, many, "T T"), (few, many, "S T"), (1, many, "1 T")]:
        position = torch.arange(queries)[:, None] + keys - queries
        key = torch.arange(keys)
        mistakes = [
            ("aligned-at-start", "a mask that counts the queries from the first key", key <= position - keys + queries),
            ("strict", "a mask that hides each query's own position", key < position),
            ("flipped", "a mask that is True for what is hidden", key > position),
            ("past-hidden", "a mask that hides the past, not the future", key >= position),
            ("sees-next", "a mask that lets each query see the next key", key <= position + 1),
        ]
        compare_masks(lab, lab.call("causal_mask", queries, keys), key <= position, axes, mistakes)


@check("padding-mask")
def padding_mask_hides_what_follows_the_end(lab: Lab) -> None:
    _, keys = lab.dims("B T", B=(3, 5), T=(6, 9))
    lengths = lab.integers("B", low=1, high=keys)
    lengths[lab.random.randrange(len(lengths))] = keys
    end, key = lengths[:, None, None], torch.arange(keys)
    mistakes = [
        ("one-too-many", "a mask that shows one key of padding", key <= end),
        ("flipped", "a mask that is True for what is hidden", key >= end),
    ]
    compare_masks(lab, lab.call("padding_mask", lengths, keys), key < end, "B 1 T", mistakes)


def compare_masks(
    lab: Lab, out: Observation, expected: Tensor, axes: str, mistakes: list[tuple[str, str, Tensor]]
) -> None:
    """Masks are compared as integers, in which a message can say 0 and 1."""
    got = lab.has_shape(out, axes, dtype=torch.bool)
    known = [Misconception(name, text, mask.long) for name, text, mask in mistakes]
    hint = "1 (True) means: may look."
    lab.equals(got.long(), expected.long(), axes=axes, dtype=torch.int64, misconceptions=known, hint=hint)


@check("leak")
def no_token_changes_an_earlier_output(lab: Lab) -> None:
    config = draw_config(lab)
    x, tokens = lab.normal("B S D"), lab.size("S")
    fresh = lab.normal("B S D")
    variants = [x] + [torch.where(torch.arange(tokens)[:, None] == t, fresh, x) for t in range(tokens)]
    lab.fix(BATCH=len(variants) * len(x))
    out = lab.probe("causal", torch.cat(variants), draw_weights(lab), **config).tensor(axes="BATCH S D")
    before, *after = out.split(len(x))
    moved = torch.stack([(y - before).abs().amax(dim=(0, 2)) for y in after])  # (S, S): token redrawn, output
    t, s = divmod(int(moved.tril(-1).argmax()), tokens)
    leak = f"Changing token {t} moved output {s}, which comes before it, by {moved[t, s]:.2g}: the future leaks."
    lab.require(bool(moved.tril(-1).max() <= VISIBLE), leak)
    deaf = int(moved[0].argmin())
    reach = f"Changing token 0 did not move output {deaf}: a causal layer still sees the whole past."
    lab.require(bool(moved[0, deaf] > VISIBLE), reach)


@check("gradients")
def gradients_equal_the_reference(lab: Lab) -> None:
    config = draw_config(lab)
    right = Recipe(config["n_heads"])
    weights, x, memory = draw_weights(lab), lab.normal("B S D"), lab.normal("B T D")
    mask, cotangent = with_blind_rows(lab, draw_mask(lab, "B S T")), lab.normal("B S D")
    gradient = partial(differentiate, inputs=(weights, x, memory, mask), cotangent=cotangent)
    exact = gradient(right)
    directions = draw_directions(lab, exact)
    out = lab.probe("gradients", x, memory, mask, weights, cotangent, directions, **config)
    wrong = [(name, text, layer(right)) for name, text, layer in CUT_GRADIENTS + MISTAKES]
    hint = "One query of each sequence may see nothing here; it has no part in the gradient."
    for name, axes in {"memory": "B T D", "x": "B S D"}.items():
        mistakes = [Misconception(i, text, lambda f=layer, n=name: gradient(f)[n]) for i, text, layer in wrong]
        lab.equals(out, exact[name], axes=axes, path=name, terms=TERMS, misconceptions=mistakes, hint=hint)
    for array, ways in directions.items():
        read = partial(lambda array, ways, layer: slopes(gradient(layer)[array], ways), array, ways)
        options = {
            "misconceptions": [Misconception(i, text, partial(read, layer)) for i, text, layer in wrong],
            "hint": f"This is the gradient of {array} along three directions.",
            "tolerance": SLOPE_TOLERANCE,
        }
        lab.equals(out, read(right), axes="way", path=array, dtype=torch.float64, **options)


def differentiate(layer: Layer, inputs: Inputs, cotangent: Tensor) -> Weights:
    """Gradients of sum(layer(…) · cotangent) by x, memory and every array, in float64."""
    weights, x, memory, mask = inputs
    leaves = {n: a.double().requires_grad_() for n, a in {**weights, "x": x, "memory": memory}.items()}
    y = layer({name: leaves[name] for name in weights}, leaves["x"], leaves["memory"], mask)
    total = (y * cotangent.double()).sum()
    return dict(zip(leaves, torch.autograd.grad(total, list(leaves.values()), materialize_grads=True), strict=True))


def draw_directions(lab: Lab, gradients: Weights) -> Weights:
    """Three ways to move each array, so short that the loss has a slope of order one along them."""
    lengths = {name: gradients["bq" if name == "bk" else name].norm().item() for name in AXES}  # bk's own is zero
    return {name: lab.normal(f"3 {axes}", scale=1 / lengths[name]) for name, axes in AXES.items()}


def slopes(gradient: Tensor, ways: Tensor) -> Tensor:
    return (gradient * ways.double()).flatten(1).sum(1)  # (D, D), (3, D, D) -> (3,)


@check("parameters")
def heads_add_no_parameters(lab: Lab) -> None:
    config = draw_config(lab)
    d = config["d_model"]
    counted, expected = lab.probe("count", **config).integer(), 4 * d * d + 4 * d
    message = f"4D² + 4D is {expected} at D = {d}; your layer has {counted} parameters, {counted - expected:+}."
    lab.require(counted == expected, message, expected=expected, got=counted)


@check("inputs-untouched")
def the_inputs_are_left_alone(lab: Lab) -> None:
    config = draw_config(lab)
    x, memory, mask = lab.normal("B S D"), lab.normal("B T D"), draw_mask(lab, "B S T")
    out = lab.probe("forward", x, memory, mask, draw_weights(lab), return_inputs=True, **config)
    lab.unchanged(out, x=x, memory=memory, mask=mask)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("MultiheadAttention", "multi_head_attention_forward", "_native_multi_head_attention")
    lab.forbids("TransformerEncoderLayer", "TransformerDecoderLayer", "transformers", "diffusers")
