"""Checks for the Transformer block: a float64 reference written as formulas, and the mistakes it is told apart from.

The reference is a `Recipe` whose defaults are the contract. A known mistake is the same recipe with one ingredient
changed, so it can be computed on the very inputs that a wrong answer was given for.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import gelu, relu, silu

from gpu_runner.checking import Lab, Misconception, check

Weights = dict[str, Tensor]
Layer = Callable[[Tensor], Tensor]
Block = Callable[[Weights, Tensor], Tensor]
Mistakes = list[tuple[str, str, Callable[["Recipe"], Block]]]  # id, what was computed, how (given the right recipe)

TERMS = 12
"""Rounding of some 120 summed float32 values grows with the root of their number: measured, it stays far below this."""
SLOPE_TOLERANCE = 5e-5
"""Slopes are scaled to be of order one: float32 backward is within 5e-6 of float64, tanh-GELU is 5e-4 away."""
DEPTH = 24
VISIBLE = 1e-4
"""A change of an output of order ten: rounding moves its seventh digit, an attended token one of the first."""

AXES = {"wq": "D D", "wk": "D D", "wv": "D D", "wo": "D D", "w1": "F D", "w2": "D F"}
AXES |= {"bq": "D", "bk": "D", "bv": "D", "bo": "D", "b1": "F", "b2": "D"}
AXES |= {"norm1_gain": "D", "norm1_bias": "D", "norm2_gain": "D", "norm2_bias": "D"}
GAINS = {"wq": 1.3, "wk": 1.3, "wv": 1.3, "wo": 2.0, "w1": 1.3, "w2": 3.0}
"""Matrices scaled up from 1/√in, so that attention is far from uniform and both branches weigh as much as the input."""


def pre_norm(x: Tensor, branch: Layer, norm: Layer) -> Tensor:
    return x + branch(norm(x))


def post_norm(x: Tensor, branch: Layer, norm: Layer) -> Tensor:
    return norm(x + branch(x))


def over_keys(scores: Tensor, allowed: Tensor) -> Tensor:
    return scores.masked_fill(~allowed, -math.inf).softmax(-1)


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, H, T, D/H)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, H, T, D/H) -> (B, T, D)


@dataclass(frozen=True)
class Recipe:
    """How a block is computed; the defaults are the contract."""

    heads: int
    causal: bool = False
    join: Callable[[Tensor, Layer, Layer], Tensor] = pre_norm
    divisor: Callable[[int, int], float] = lambda _d_model, d_head: math.sqrt(d_head)
    weigh: Callable[[Tensor, Tensor], Tensor] = over_keys
    split: Callable[[Tensor, int], Tensor] = split_heads
    merge: Callable[[Tensor], Tensor] = merge_heads
    activate: Layer = gelu
    deviation: Layer = lambda variance: (variance + 1e-5).sqrt()
    correction: int = 0  # the variance is a mean over D values, not D - 1

    def __call__(self, w: Weights, x: Tensor) -> Tensor:
        x = self.join(x, partial(self.attend, w), partial(self.normalise, w, "norm1"))
        return self.join(x, partial(self.feed_forward, w), partial(self.normalise, w, "norm2"))

    def normalise(self, w: Weights, name: str, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, dim=-1, keepdim=True, correction=self.correction)
        return (x - mean) / self.deviation(variance) * w[f"{name}_gain"] + w[f"{name}_bias"]

    def attend(self, w: Weights, x: Tensor) -> Tensor:
        q, k, v = (self.split(x @ w[f"w{p}"].mT + w[f"b{p}"], self.heads) for p in "qkv")
        scores = q @ k.mT / self.divisor(x.size(-1), q.size(-1))  # (B, H, T, T)
        allowed = torch.ones(x.size(1), x.size(1), dtype=torch.bool)
        weights = self.weigh(scores, allowed.tril() if self.causal else allowed)
        return self.merge(weights @ v) @ w["wo"].mT + w["bo"]

    def feed_forward(self, w: Weights, x: Tensor) -> Tensor:
        return self.activate(x @ w["w1"].mT + w["b1"]) @ w["w2"].mT + w["b2"]


def without(w: Weights, *names: str) -> Weights:
    return {name: torch.zeros_like(array) if name in names else array for name, array in w.items()}


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


# The mistakes, each a noun phrase that fits after "your answer equals".


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


def draw_config(lab: Lab) -> dict[str, int]:
    heads, width = lab.random.randint(2, 4), lab.random.randint(9, 13)
    lab.fix(H=heads, D=heads * width, F=2 * heads * width + lab.random.randint(1, 9))
    lab.dims("B T", B=(2, 5), T=(6, 10))
    return {"d_model": heads * width, "n_heads": heads, "d_ff": lab.size("F")}


def draw_weights(lab: Lab) -> Weights:
    return {name: draw_array(lab, name, axes) for name, axes in AXES.items()}


def draw_array(lab: Lab, name: str, axes: str) -> Tensor:
    if name in GAINS:
        return lab.normal(axes, scale=GAINS[name] / math.sqrt(lab.size(axes[-1])))
    small = lab.normal(axes, scale=0.3)
    return 1 + small if name.endswith("gain") else small


def compare(
    lab: Lab,
    config: dict[str, int],
    *,
    off: tuple[str, ...] = (),
    scale: float = 4.0,
    **ingredients: object,
) -> None:
    """Hand over fresh weights, the arrays in `off` at zero, and hold the block against the recipe on fresh tokens."""
    right = Recipe(config["n_heads"], **ingredients)
    weights, x = without(draw_weights(lab), *off), lab.normal("B T D", scale=scale)
    placement = {} if right.join is pre_norm else {"pre_norm": False}  # pre_norm=True is the default
    out = lab.probe("forward", x, weights, causal=right.causal, **config, **placement)
    mistakes = [Misconception(name, text, wrong(right)) for name, text, wrong in MISTAKES]
    lab.agrees(out, right, on=(weights, x), axes="B T D", terms=TERMS, misconceptions=mistakes)


@check("shapes")
def shape_in_is_shape_out(lab: Lab) -> None:
    config = draw_config(lab)
    weights = draw_weights(lab)
    for axes, pre, causal in [("B T D", True, False), ("B T D", False, True), ("B 1 D", True, True)]:
        out = lab.probe("forward", lab.normal(axes), weights, causal=causal, pre_norm=pre, **config)
        lab.has_shape(out, axes)


@check("identity")
def zero_branches_leave_the_input(lab: Lab) -> None:
    compare(lab, draw_config(lab), off=("wo", "bo", "w2", "b2"))


@check("attention")
def the_attention_branch_equals_the_reference(lab: Lab) -> None:
    compare(lab, draw_config(lab), off=("w2", "b2"))


@check("mixing")
def mixing_equal_values_changes_nothing(lab: Lab) -> None:
    config = draw_config(lab)
    for causal in (False, True):  # with wv at zero every value vector is bv
        compare(lab, config, off=("wv", "w2", "b2"), causal=causal)


@check("feed-forward")
def the_feed_forward_branch_equals_the_reference(lab: Lab) -> None:
    compare(lab, draw_config(lab), off=("wo", "bo"))


@check("pre-norm")
def a_pre_norm_block_equals_the_reference(lab: Lab) -> None:
    compare(lab, draw_config(lab))


@check("post-norm")
def a_post_norm_block_equals_the_reference(lab: Lab) -> None:
    compare(lab, draw_config(lab), scale=1.5, join=post_norm)


@check("eps")
def quiet_tokens_show_the_eps(lab: Lab) -> None:
    config = draw_config(lab)
    for off in [("wo", "bo"), ("w2", "b2")]:  # one branch at a time, so that its norm meets the quiet tokens
        compare(lab, config, off=off, scale=0.01)


@check("causal")
def a_causal_block_equals_the_reference(lab: Lab) -> None:
    compare(lab, draw_config(lab), causal=True)


@check("leak")
def no_token_changes_an_earlier_output(lab: Lab) -> None:
    config = draw_config(lab)
    weights, x = draw_weights(lab), lab.normal("B T D")
    t = lab.random.randint(1, lab.size("T") - 1)
    before, after, far = (
        lab.probe("forward", tokens, weights, causal=True, **config).tensor(axes="B T D")
        for tokens in (x, redrawn(lab, x, t), redrawn(lab, x, 0))
    )
    early = largest_change(before, after)[:t]
    where = int(early.argmax())
    leak = f"Changing token {t} moved output {where}, which comes before it, by {early[where]:.2g}: the future leaks."
    lab.require(bool(early[where] <= VISIBLE), leak)
    deaf = int(largest_change(before, far).argmin())
    reach = f"Changing token 0 did not move output {deaf}: a causal block still sees the whole past."
    lab.require(bool(largest_change(before, far)[deaf] > VISIBLE), reach)


def redrawn(lab: Lab, x: Tensor, t: int) -> Tensor:
    moved = x.clone()
    moved[:, t] = lab.normal("B D")
    return moved


def largest_change(before: Tensor, after: Tensor) -> Tensor:
    return (after - before).abs().amax(dim=(0, 2))  # (B, T, D) -> (T,)


@check("gradients")
def gradients_equal_the_reference(lab: Lab) -> None:
    config = draw_config(lab)
    right = Recipe(config["n_heads"])
    weights, x, cotangent = draw_weights(lab), lab.normal("B T D", scale=4.0), lab.normal("B T D")
    gradient = partial(differentiate, weights=weights, x=x, cotangent=cotangent)
    exact = gradient(right)
    directions = draw_directions(lab, exact)
    out = lab.probe("gradients", x, weights, cotangent, directions, **config)
    wrong = [(name, text, cut(right)) for name, text, cut in CUT_GRADIENTS + MISTAKES]
    mistakes = [Misconception(name, text, lambda block=block: gradient(block)["x"]) for name, text, block in wrong]
    lab.equals(out, exact["x"], axes="B T D", path="x", terms=TERMS, misconceptions=mistakes)
    for array, ways in directions.items():
        read = partial(lambda array, ways, block: slopes(gradient(block)[array], ways), array, ways)
        mistakes = [Misconception(name, text, partial(read, block)) for name, text, block in wrong]
        options = {"misconceptions": mistakes, "hint": f"This is the gradient of {array} along three directions."}
        expected = read(right)
        lab.equals(
            out, expected, axes="direction", path=array, dtype=torch.float64, tolerance=SLOPE_TOLERANCE, **options
        )


def differentiate(block: Block, weights: Weights, x: Tensor, cotangent: Tensor) -> Weights:
    """Gradients of sum(block(weights, x) · cotangent) by x and by every array, in float64."""
    leaves = {name: array.double().requires_grad_() for name, array in {**weights, "x": x}.items()}
    total = (block({name: leaves[name] for name in weights}, leaves["x"]) * cotangent.double()).sum()
    return dict(zip(leaves, torch.autograd.grad(total, list(leaves.values()), materialize_grads=True), strict=True))


def draw_directions(lab: Lab, gradients: Weights) -> Weights:
    """Three ways to move each array, so short that the loss has a slope of order one along them."""
    lengths = {name: gradients["bq" if name == "bk" else name].norm().item() for name in AXES}  # bk's own is zero
    return {name: lab.normal(f"3 {axes}", scale=1 / lengths[name]) for name, axes in AXES.items()}


def slopes(gradient: Tensor, ways: Tensor) -> Tensor:
    return (gradient * ways.double()).flatten(1).sum(1)  # (D, D), (3, D, D) -> (3,)


@check("depth")
def a_deep_stack_stays_in_range(lab: Lab) -> None:
    lab.fix(D=64)
    x, cotangent = lab.normal("B T D", count=2)
    out = lab.probe("stack", x, cotangent, depth=DEPTH, d_model=64, n_heads=4, d_ff=256)
    size, slope = (out.tensor(name, axes="B T D").square().mean().sqrt().item() for name in ("y", "x"))
    # Thirty seeds: PyTorch's default start gives 1.9 and 1.8, Xavier 6 and 8, Kaiming 12 and 33; normal 468 and 78,000.
    # Without skips the last branch alone is left, at 0.24.
    lab.require(0.5 <= size <= 100, f"{DEPTH} fresh pre-norm blocks took the RMS of x from 1 to {size:.2g}.")
    lab.require(
        0.05 <= slope <= 500, f"{DEPTH} fresh pre-norm blocks took the RMS of the gradient from 1 to {slope:.2g}."
    )


@check("no-dropout")
def training_changes_nothing(lab: Lab) -> None:
    config = draw_config(lab)
    out = lab.probe("both_modes", lab.normal("B T D"), draw_weights(lab), **config)
    evaluation, training = (out.tensor(mode, axes="B T D") for mode in ("evaluation", "training"))
    gap = (evaluation - training).abs().max().item()
    lab.require(
        gap <= 1e-4, f"Evaluation and training mode give answers {gap:.2g} apart: is there dropout in the block?"
    )


@check("parameters")
def the_parameters_are_counted(lab: Lab) -> None:
    config = draw_config(lab)
    d = config["d_model"]
    counted = lab.probe("count", **config | {"d_ff": 4 * d}).integer()
    expected = 12 * d * d + 13 * d
    message = f"12d² + 13d is {expected} at d = {d}; your block has {counted} parameters, {counted - expected:+}."
    lab.require(counted == expected, message, expected=expected, got=counted)


@check("input-untouched")
def the_input_is_left_alone(lab: Lab) -> None:
    config = draw_config(lab)
    x = lab.normal("B T D")
    lab.unchanged(lab.probe("forward", x, draw_weights(lab), return_inputs=True, **config), x=x)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("MultiheadAttention", "multi_head_attention_forward", "_native_multi_head_attention")
    lab.forbids("TransformerEncoderLayer", "TransformerDecoderLayer", "_transformer_encoder_layer_fwd")
    lab.forbids("Transformer", "TransformerEncoder", "TransformerDecoder", "transformers", "diffusers")
