"""Checks for the Transformer block."""

from functools import partial

import torch
from torch import Tensor

import solution
from drawing import draw_config, draw_directions, draw_weights, redrawn
from gpu_runner.checking import Lab, Misconception, check, show_steps
from misconceptions import CUT_GRADIENTS, MISTAKES
from reference import Recipe, differentiate, post_norm, pre_norm, slopes, without

TERMS = 12
"""Rounding of some 120 summed float32 values grows with the root of their number: measured, it stays far below this."""
SLOPE_TOLERANCE = 5e-5
"""Slopes are scaled to be of order one: float32 backward is within 5e-6 of float64, tanh-GELU is 5e-4 away."""
DEPTH = 24
VISIBLE = 1e-4
"""A change of an output of order ten: rounding moves its seventh digit, an attended token one of the first."""


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


@check("trace")
def the_forward_pass_step_by_step(lab: Lab) -> None:
    config = draw_config(lab)
    weights, x = draw_weights(lab), lab.normal("B T D", scale=4.0)
    names = {"D/H": lab.size("D") // lab.size("H")}
    show_steps(lab, "TransformerBlock", solution, on=(x,), config=config, weights=weights, names=names)
