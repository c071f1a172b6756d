"""Scaled dot-product attention: `attention(q, k, v)`, all (B, H, T, D) float32, no mask."""

from functools import partial

import torch

from gpu_runner.checking import Lab, Misconception, check, heatmap
from solution import attention as reference


def unscaled(q, k, v):
    return torch.softmax(q @ k.mT, dim=-1) @ v


def scaled_by_d(q, k, v):
    return torch.softmax(q @ k.mT / q.shape[-1], dim=-1) @ v


def multiplied_by_root(q, k, v):
    return torch.softmax(q @ k.mT * q.shape[-1] ** 0.5, dim=-1) @ v


def softmax_over_queries(q, k, v):
    return torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-2) @ v


def softmax_over_heads(q, k, v):
    return torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=1) @ v


def no_softmax(q, k, v):
    return q @ k.mT / q.shape[-1] ** 0.5 @ v


def scaled_after_softmax(q, k, v):
    return torch.softmax(q @ k.mT, dim=-1) / q.shape[-1] ** 0.5 @ v


def heads_as_length(q, k, v):
    return reference(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)


def queries_and_keys_swapped(q, k, v):
    return reference(k, q, v)


def transposed_output(q, k, v):
    return reference(q, k, v).mT


def causal(q, k, v):
    logits = q @ k.mT / q.shape[-1] ** 0.5
    hidden = torch.ones(logits.shape[-2:], dtype=torch.bool).triu(1)
    return torch.softmax(logits.masked_fill(hidden, float("-inf")), dim=-1) @ v


SCALING, WEIGHTS, SHAPES, MASKS = "attention.scaling", "attention.softmax-axis", "attention.shapes", "attention.masking"
MISTAKES = [
    Misconception("unscaled", "attention without 1/√d", unscaled, SCALING),
    Misconception("scaled-by-d", "attention divided by d instead of √d", scaled_by_d, SCALING),
    Misconception("multiplied-by-root", "attention multiplied by √d instead of divided", multiplied_by_root, SCALING),
    Misconception("softmax-over-queries", "attention with the softmax over the queries", softmax_over_queries, WEIGHTS),
    Misconception("softmax-over-heads", "attention with the softmax over the heads", softmax_over_heads, WEIGHTS),
    Misconception("no-softmax", "attention without the softmax", no_softmax, WEIGHTS),
    Misconception("scaled-after-softmax", "attention scaled after the softmax", scaled_after_softmax, SCALING),
    Misconception("heads-as-length", "attention among the heads, with axes H and T exchanged", heads_as_length, SHAPES),
    Misconception("queries-and-keys-swapped", "attention with queries and keys exchanged", queries_and_keys_swapped),
    Misconception("transposed-output", "the right answer with its last two axes exchanged", transposed_output, SHAPES),
    Misconception("causal", "attention with a causal mask (there is none in this lab)", causal, MASKS),
]


@check("shape")
def one_value_vector_for_every_query(lab: Lab) -> None:
    q, k, v = lab.normal("B H T D", count=3)
    out = lab.call("attention", q, k, v)
    lab.has_shape(out, "B H T D")


@check("values")
def values_equal_the_reference(lab: Lab) -> None:
    q, k, v = lab.normal("B H T D", count=3)
    out = lab.call("attention", q, k, v)
    lab.agrees(out, reference, on=(q, k, v), axes="B H T D", misconceptions=MISTAKES)


@check("averages")
def every_output_is_a_weighted_average(lab: Lab) -> None:
    """With all values equal to c, any weighted average is c; outputs never leave the range of the values."""
    show_weights(lab)
    q, k = lab.normal("B H T D", count=2)
    constant = lab.uniform("B H 1 D", low=1.0, high=2.0)
    v = constant.expand_as(q).contiguous()
    out = lab.call("attention", q, k, v)
    known = [wrong.computed_by(partial(wrong.fn, *(t.double() for t in (q, k, v)))) for wrong in MISTAKES]
    hint = "With equal values every weighted average is that value."
    lab.equals(out, v.double(), axes="B H T D", misconceptions=known, hint=hint)


def show_weights(lab: Lab) -> None:
    """With unit vectors as values, the outputs are the attention weights themselves: (B, H, T, T)."""
    q, k = lab.normal("B H T T", count=2)
    v = torch.eye(lab.size("T")).expand_as(q).contiguous()
    weights = lab.call("attention", q, k, v).tensor(axes="B H T T")
    lab.show(heatmap("Your attention weights, first sequence and head", weights[0, 0], "query key"))


@check("large-logits")
def large_logits_stay_finite(lab: Lab) -> None:
    """Each query matches the next key and no other, by a logit whose exponential overflows float32."""
    lab.fix(D=16)
    v = lab.normal("B H T D")
    k = 200 * torch.eye(16)[: lab.size("T")].expand_as(v).contiguous()
    q = k.roll(-1, dims=2)
    out = lab.call("attention", q, k, v)
    hint = "Subtract the row's largest logit before exponentiating."
    lab.agrees(out, reference, on=(q, k, v), axes="B H T D", misconceptions=MISTAKES, hint=hint)


@check("inputs-untouched")
def inputs_are_left_as_they_were(lab: Lab) -> None:
    q, k, v = lab.normal("B H T D", count=3)
    out = lab.call("attention", q, k, v, return_inputs=True)
    lab.unchanged(out, q=q, k=k, v=v)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("scaled_dot_product_attention", "MultiheadAttention", "multi_head_attention_forward", "flex_attention")
