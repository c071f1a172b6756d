"""Checks for the hooks: a float64 pass through the same build, and what it writes down."""

from collections import Counter
from functools import partial

import torch
from torch import Tensor

from drawing import draw_config, draw_inputs, draw_weights
from gpu_runner.checking import Lab, Misconception, bars, check, heatmap
from misconceptions import MAPS, counts
from reference import Pass, Row, Weights, block_of, probabilities

TERMS = 1024
"""Sixteen attentions in a row sharpen what rounding did, so the tolerance is 5e-4 of the largest value."""
CALM = 2e-5
"""A case in which float32 itself ends further from float64 than this is drawn again."""
NAMES = ["time_embedding", "conv_in", "down_blocks.0", "down_blocks.2", "down_blocks.3", "mid_block", "up_blocks.1"]
SHOWN = [
    "down_blocks.0.attentions.0.transformer_blocks.0.attn2",
    "down_blocks.2.attentions.1.transformer_blocks.0.attn2",
    "mid_block.attentions.0.transformer_blocks.0.attn2",
]

Case = tuple[dict, Weights, list[Tensor]]


def draw_case(lab: Lab) -> Case:
    """Config, arrays, and a latent with its steps and text; drawn again where rounding alone would be blown up."""
    config = draw_config(lab)
    while True:
        case = config, draw_weights(lab, config), list(draw_inputs(lab))
        if blown_up(case) < CALM:
            return case


def blown_up(case: Case) -> float:
    """How far a pass in float32 ends from one in float64, in any query, key or answer, by the largest of each."""
    (exact, y), (rough, z) = ran(case), ran(case, dtype=torch.float32)
    pairs = [(y, z), *((a, b) for name in exact.projected for a, b in twins(exact, rough, name))]
    return max(((a - b).abs().max() / a.abs().max().clamp(min=1.0)).item() for a, b in pairs)


def twins(one: Pass, other: Pass, name: str) -> list[tuple[Tensor, Tensor]]:
    return list(zip(one.projected[name], other.projected[name], strict=True))


def ran(case: Case, dtype: torch.dtype = torch.float64, **changes: object) -> tuple[Pass, Tensor]:
    """The pass of the reference, and its answer."""
    config, weights, (sample, t, text) = case
    arrays = {name: array.to(dtype) for name, array in weights.items()}
    one = Pass(arrays, config["attention_head_dim"], config["norm_num_groups"], **changes)
    return one, one.run(sample.to(dtype), t, text.to(dtype))


def profiled(lab: Lab) -> tuple[dict, list[Row], list[str]]:
    """The learner's tables, the right rows, and the names that the tables' numbers stand for."""
    case = draw_case(lab)
    rows = ran(case)[0].rows
    names = sorted(row.name for row in rows)
    found = lab.probe("profile", *case, names)
    lab.fix(R=len(rows))
    return found, rows, names


@check("calls")
def every_call_is_named_in_order(lab: Lab) -> None:
    found, rows, names = profiled(lab)
    right = [names.index(row.name) for row in rows]
    hint = f"There are {len(rows)} calls. The numbers are places in the sorted list of names; −1 is a name not in it."
    by_text = sorted(right)
    others = [
        Misconception("sorted", "the calls in the order of their names", lambda: torch.tensor(by_text)),
        Misconception("backwards", "the calls from the last to the first", lambda: torch.tensor(right[::-1])),
    ]
    lab.equals(found, torch.tensor(right), axes="R", path="calls", dtype=torch.int64, misconceptions=others, hint=hint)


@check("shapes")
def shapes_are_those_of_the_reference(lab: Lab) -> None:
    found, rows, _ = profiled(lab)
    into, out = (torch.tensor([padded(shape) for shape in shapes]) for shapes in zip(*pairs(rows), strict=True))
    swapped = {"in": out, "out": into}
    for path, right in {"in": into, "out": out}.items():
        others = [
            Misconception("swapped", "the shapes at the other end", partial(torch.clone, swapped[path])),
            Misconception("no-batch", "shapes without the batch", partial(without_batch, right)),
        ]
        hint = f"Row by row, the shape that goes {path}, filled up with zeros to four sizes."
        options = {"dtype": torch.int64, "misconceptions": others, "hint": hint}
        lab.equals(found, right, axes="R 4", path=path, **options)


def pairs(rows: list[Row]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(row.into, row.out) for row in rows]


def padded(shape: tuple[int, ...]) -> list[int]:
    return [*shape, 0, 0][:4]


def without_batch(shapes: Tensor) -> Tensor:
    return torch.cat([shapes[:, 1:], torch.zeros_like(shapes[:, :1])], dim=1)


@check("costs")
def costs_are_counted_right(lab: Lab) -> None:
    found, rows, _ = profiled(lab)
    show_costs(lab, found, rows)
    right = {"params": [row.params for row in rows], "macs": [row.macs for row in rows]}
    right["bytes"] = [4 * torch.Size(row.out).numel() for row in rows]
    for path, values in right.items():
        hint = f"This is `{path}`, row by row. The first row is {rows[0].name}, {rows[0].into} to {rows[0].out}."
        options = {"dtype": torch.int64, "misconceptions": counts(path, rows), "hint": hint}
        lab.equals(found, torch.tensor(values), axes="R", path=path, **options)


def show_costs(lab: Lab, found: object, rows: list[Row]) -> None:
    """The learner's numbers summed up by block."""
    names = list(dict.fromkeys(block_of(row.name) for row in rows))
    at = torch.tensor([names.index(block_of(row.name)) for row in rows])
    for path, title in {"bytes": "KiB of outputs", "macs": "Million products"}.items():
        values = lab.has_shape(found, "R", path=path, dtype=torch.int64)
        total = torch.zeros(len(names)).index_add(0, at, values.float() / (1024 if path == "bytes" else 1e6))
        lab.show(bars(f"{title} by block: {', '.join(names)}", "block", **{path: total}))


@check("blocks")
def parameters_are_summed_by_block(lab: Lab) -> None:
    config = draw_config(lab)
    weights = draw_weights(lab, config)
    out = lab.probe("blocks", config, weights)
    right = Counter()
    for name, array in weights.items():
        right[block_of(name)] += array.numel()
    missing, strange = sorted(set(right) - set(out.keys())), sorted(set(out.keys()) - set(right))
    lab.require(not missing, f"parameters_by_block has no entry for {', '.join(missing)}.")
    lab.require(not strange, f"parameters_by_block knows blocks that are none: {', '.join(strange)}.")
    for name, count in right.items():
        lab.measures(f"Parameters of {name}", out.integer(name), exactly=count)


@check("capture")
def what_modules_return_is_captured(lab: Lab) -> None:
    case = draw_case(lab)
    right = ran(case)[0].kept
    names = [*lab.random.sample(NAMES, 5), "down_blocks.1"]
    found = lab.probe("capture", *case, names)
    lab.require(set(found.keys()) == set(names), f"capture was asked for {sorted(names)}, and has {found.keys()}.")
    for name in names:
        count = len(found.keys(name))
        lab.require(count == len(right[name]), f"{name} returns {len(right[name])} tensors in all, not {count}.")
        for at, tensor in enumerate(right[name]):
            others = [
                Misconception("zero", "zeros", partial(torch.zeros_like, tensor)),
                Misconception("first", "the first tensor of all", partial(torch.clone, right[name][0])),
                Misconception("last", "the last tensor of all", partial(torch.clone, right[name][-1])),
            ]
            hint = f"This is tensor {at} of {len(right[name])} that {name} returns."
            options = {"terms": TERMS, "misconceptions": others, "hint": hint}
            lab.equals(found, tensor, axes=" ".join(map(str, tensor.shape)), path=f"{name}/{at}", **options)


@check("maps")
def cross_attention_maps_equal_the_reference(lab: Lab) -> None:
    case = draw_case(lab)
    heads, projected = case[0]["attention_head_dim"], ran(case)[0].projected
    crossing = {name: both for name, both in projected.items() if name.endswith("attn2")}
    found = lab.probe("maps", *case)
    missing = sorted(set(crossing) - set(found.keys()))
    lab.require(not missing, f"There are {len(crossing)} cross-attentions; maps of {missing[:2]} are missing.")
    strange = sorted(set(found.keys()) - set(crossing))
    lab.require(not strange, f"{strange[:1]} is no cross-attention: its keys do not come from the text.")
    for name in SHOWN:
        answer = found.any_tensor(name)
        if answer.ndim == 4:
            lab.show(heatmap(f"First image, mean of heads: {name[:60]}", answer[0].float().mean(0), "pixel token"))
    for name, (q, k) in crossing.items():
        right = probabilities(q, k, heads)
        others = [Misconception(key, text, partial(wrong, q, k, heads)) for key, text, wrong in MAPS]
        options = {"terms": TERMS, "misconceptions": others, "hint": f"This is the map of {name}."}
        lab.equals(found, right, axes=" ".join(map(str, right.shape)), path=name, **options)


@check("unchanged")
def the_pass_gives_what_it_gives_without_hooks(lab: Lab) -> None:
    case = draw_case(lab)
    config, weights, (sample, t, text) = case
    right = ran(case)[1]
    others = [
        Misconception(
            "no-text", "the answer without its text", lambda: ran((config, weights, [sample, t, 0 * text]))[1]
        ),
        Misconception("step-0", "the answer for step 0", lambda: ran((config, weights, [sample, 0 * t, text]))[1]),
        Misconception("no-skips", "the answer without its skips", lambda: ran(case, skip=torch.zeros_like)[1]),
        Misconception("latent", "the latent that went in", sample.double),
    ]
    out = lab.probe("output", *case)
    axes = " ".join(map(str, right.shape))
    for path, hint in {"during": "This is what profile hands on.", "after": "This is the pass after profile."}.items():
        lab.equals(out, right, axes=axes, path=path, terms=TERMS, misconceptions=others, hint=hint)


@check("removed")
def no_hook_is_left_behind(lab: Lab) -> None:
    case = draw_case(lab)
    left = lab.probe("hooks_left", *case)
    for name in left.keys():  # noqa: SIM118 - an observation, not a dict
        count = left.integer(name)
        lab.require(count >= 0, f"{name}: the text had the wrong width, but no error came out: let it pass.")
        lab.require(count == 0, f"{name}: {count} hooks were left behind.", expected=0, got=count)
