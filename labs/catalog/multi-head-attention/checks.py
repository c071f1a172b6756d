"""Checks for multi-head attention."""

import math
from functools import partial

import torch
from torch import Tensor

import solution
from drawing import draw_config, draw_directions, draw_mask, draw_weights, with_blind_rows
from gpu_runner.checking import Lab, Misconception, Observation, check, heatmap, show_steps
from misconceptions import CUT_GRADIENTS, MISTAKES, SOURCES, misconception
from reference import Inputs, Recipe, differentiate, slopes

BIASES = ("bq", "bk", "bv", "bo")
TERMS = 12
"""Rounding of some fifty summed float32 values grows with the root of their number: see docs/authoring-labs.md."""
SLOPE_TOLERANCE = 5e-5
"""Slopes are scaled to be of order one: float32 backward stays within 1e-5 of float64 over 40 seeds."""
VISIBLE = 1e-4
"""A change of an output of order one: rounding moves its seventh digit, an attended token one of the first."""


def compare(lab: Lab, config: dict[str, int], inputs: Inputs) -> None:
    """Run the learner's layer on `inputs` and hold it against the recipe."""
    weights, *rest = inputs
    right = Recipe(config["n_heads"])
    out = lab.probe("forward", *rest, weights, **config)
    known = MISTAKES + SOURCES if inputs[-1] is None else MISTAKES
    mistakes = [misconception(name, text, wrong(right)) for name, text, wrong in known]
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
    show_weights(lab)
    config = draw_config(lab)
    weights = draw_weights(lab) | {"wv": torch.zeros(config["d_model"], config["d_model"])}  # every value is bv
    for mask in (None, draw_mask(lab, "B S T")):
        compare(lab, config, (weights, lab.normal("B S D"), lab.normal("B T D"), mask))


def show_weights(lab: Lab) -> None:
    """Two heads of width 8 that pass unit vectors on as values: columns of the output are the attention weights."""
    weights = {name: torch.eye(16) for name in ("wv", "wo")} | {name: torch.zeros(16) for name in BIASES}
    weights |= {"wq": lab.normal("16 16", scale=0.5), "wk": lab.normal("16 16", scale=0.5)}
    memory = torch.eye(6, 8).repeat(1, 2).unsqueeze(0)  # (1, 6, 16): the same unit vector for both heads
    out = lab.probe("forward", lab.normal("1 5 16"), memory, None, weights, d_model=16, n_heads=2)
    maps = out.tensor(axes="1 5 16")[0].unflatten(1, (2, 8))[..., :6]  # (5, 2, 6)
    for head in range(2):
        lab.show(heatmap(f"Your attention weights, head {head + 1}", maps[:, head], "query key"))


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
        mistakes = [misconception(i, text, lambda f=layer, n=name: gradient(f)[n]) for i, text, layer in wrong]
        lab.equals(out, exact[name], axes=axes, path=name, terms=TERMS, misconceptions=mistakes, hint=hint)
    for array, ways in directions.items():
        read = partial(lambda array, ways, layer: slopes(gradient(layer)[array], ways), array, ways)
        options = {
            "misconceptions": [misconception(i, text, partial(read, layer)) for i, text, layer in wrong],
            "hint": f"This is the gradient of {array} along three directions.",
            "tolerance": SLOPE_TOLERANCE,
        }
        lab.equals(out, read(right), axes="way", path=array, dtype=torch.float64, **options)


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


@check("trace")
def the_forward_pass_step_by_step(lab: Lab) -> None:
    config = draw_config(lab)
    weights, x = draw_weights(lab), lab.normal("B S D")
    names = {"D/H": lab.size("D") // lab.size("H")}
    show_steps(lab, "MultiHeadAttention", solution, on=(x,), config=config, weights=weights, names=names)
