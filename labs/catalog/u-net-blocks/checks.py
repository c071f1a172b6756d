"""Checks for the blocks of a U-Net: float64 formulas, and the mistakes they are told apart from."""

import torch
from torch import Tensor

import solution
from drawing import convolution, draw_block, draw_channels, draw_images, gain
from gpu_runner.checking import Lab, Misconception, check, images, show_steps
from misconceptions import BLOCKS, CUTS, DOWNS, FIELDS, GROUPS, TIMES, UPS, known
from reference import Recipe, down, normalise_groups, receptive_field, step, time_embedding, up

TERMS = 16
"""A block sums some 100 float32 products twice: over 40 seeds and three styles errors stay below a tenth of the
tolerance, and the nearest mistake is twenty beyond it."""
FAINT_TERMS = 64
BLOCK_TERMS = 64
"""A block divides by a deviation twice, in a draw of few pixels by a small one: with 16 terms another library's eps,
which fails a check of its own, failed here too in one of twenty draws. The nearest mistake is still five beyond."""
LARGEST_TIME = 30.0
"""An angle of 30 is rounded by 2e-6 in float32, and so is its sine."""
RATE = 2.0
STILL = ("norm", "norm1", "conv1", "time", "norm2", "conv2", "shortcut")
"""Beginnings of arrays' names, for what does not learn."""
SIDE, DEPTHS = 31, (1, 2, 3)


def blocks(right: Recipe, others: list) -> list[Misconception]:
    return [Misconception(name, text, wrong(right)) for name, text, wrong in others]


def draw_groups(lab: Lab) -> int:
    groups, per_group = lab.random.choice([(2, 3), (3, 2), (3, 4), (4, 3)])
    lab.fix(C=groups * per_group)
    return groups


def compare_groups(lab: Lab, groups: int, scale: float, **eps: float) -> None:
    x, weight, bias = scale * draw_images(lab, "B C H W"), gain(lab, "C"), lab.normal("C", scale=0.5)
    out = lab.call("normalise_groups", x, groups, weight, bias, **eps)
    on = x.double(), groups, weight.double(), bias.double(), *eps.values()
    terms = TERMS if scale == 1.0 else FAINT_TERMS
    lab.equals(out, normalise_groups(*on), axes="B C H W", terms=terms, misconceptions=known(GROUPS, *on))


@check("groups")
def group_norm_equals_the_reference(lab: Lab) -> None:
    compare_groups(lab, draw_groups(lab), 1.0)


@check("eps")
def faint_images_show_the_eps(lab: Lab) -> None:
    groups = draw_groups(lab)
    compare_groups(lab, groups, 0.003)
    compare_groups(lab, groups, 1.0, eps=0.25)


@check("time")
def the_time_embedding_equals_the_reference(lab: Lab) -> None:
    width = 2 * lab.random.randint(3, 8)
    lab.fix(N=width)
    t = lab.uniform("B", low=0.0, high=LARGEST_TIME)
    out = lab.call("time_embedding", t, width)
    on = t.double(), width
    lab.equals(out, time_embedding(*on), axes="B N", terms=TERMS, misconceptions=known(TIMES, *on))


def compare_block(lab: Lab, *, widened: bool) -> None:
    config = draw_channels(lab, widened=widened)
    weights, x, time = draw_block(lab, config), draw_images(lab, "B C H W"), lab.normal("B E")
    right = Recipe(config["groups"])
    options = {"terms": BLOCK_TERMS, "misconceptions": blocks(right, BLOCKS)}
    axes = "B O H W" if widened else "B C H W"
    lab.parity("ResBlock", right, weights=weights, on=(x, time), axes=axes, config=config, **options)


@check("block")
def a_block_of_one_width_equals_the_reference(lab: Lab) -> None:
    compare_block(lab, widened=False)


@check("widened")
def a_block_that_changes_the_width_equals_the_reference(lab: Lab) -> None:
    compare_block(lab, widened=True)


def draw_sizes(lab: Lab) -> list[tuple[int, int]]:
    """Even and odd sides, and a signal: an image one pixel high."""
    even, odd = lab.random.choice([6, 8, 10]), lab.random.choice([5, 7, 9])
    return [(even, even + 2), (odd, even), (1, odd + 4)]


@check("down")
def sampling_down_halves_any_size(lab: Lab) -> None:
    weights = convolution(lab, "conv", "C", "C")
    config = {"channels": lab.size("C")}
    for H, W in draw_sizes(lab):
        x = lab.normal(f"B C {H} {W}")
        axes = f"B C {-(-H // 2)} {-(-W // 2)}"
        options = {"terms": TERMS, "misconceptions": known(DOWNS), "hint": f"The image has {H} × {W} pixels."}
        lab.parity("Down", down, weights=weights, on=(x,), axes=axes, config=config, **options)


@check("up")
def sampling_up_meets_the_skip(lab: Lab) -> None:
    weights = convolution(lab, "conv", "O", "C")
    config = {"c_in": lab.size("C"), "c_out": lab.size("O")}
    for H, W in draw_sizes(lab):
        x, skip = lab.normal(f"B C {-(-H // 2)} {-(-W // 2)}"), lab.normal(f"B S {H} {W}")
        axes = f"B {lab.size('O') + lab.size('S')} {H} {W}"
        options = {"terms": TERMS, "misconceptions": known(UPS), "hint": f"The skip has {H} × {W} pixels."}
        lab.parity("Up", up, weights=weights, on=(x, skip), axes=axes, config=config, **options)


@check("gradients")
def the_gradients_equal_the_reference(lab: Lab) -> None:
    config = draw_channels(lab, widened=True)
    weights, x, time = draw_block(lab, config), draw_images(lab, "B C H W"), lab.normal("B E")
    right = Recipe(config["groups"])
    options = {"terms": 4 * TERMS, "misconceptions": blocks(right, CUTS + BLOCKS)}
    lab.dims("H W")
    out = {"axes": "B O H W", "config": config, "weights": weights}
    lab.gradients_agree("ResBlock", right, by={"x": x, "time": time}, **out, **options)


@check("learns")
def one_step_moves_every_array(lab: Lab) -> None:
    config = draw_channels(lab, widened=True)
    weights, x, time = draw_block(lab, config), draw_images(lab, "B C H W"), lab.normal("B E")
    cotangent, right = lab.normal("B O H W"), Recipe(config["groups"])
    out = lab.probe("learns", weights, config, x, time, cotangent, RATE)
    lab.agrees(out, right, on=(weights, x, time), axes="B O H W", path="before", terms=BLOCK_TERMS)
    moved = step(right, weights, x, time, cotangent, RATE)
    kept = {name: array.double() for name, array in weights.items()}
    mistakes = [still(name, moved, kept, right, x, time) for name in STILL]
    mistakes.append(
        Misconception("nothing-learns", "a block of which nothing learns", lambda: right(kept, *on(x, time)))
    )
    hint = f"This is the block's answer after one step of SGD with rate {RATE}."
    options = {"terms": 2 * BLOCK_TERMS, "misconceptions": mistakes, "hint": hint}
    lab.equals(out, right(moved, *on(x, time)), axes="B O H W", path="after", **options)


def on(*tensors: Tensor) -> list[Tensor]:
    return [tensor.double() for tensor in tensors]


def still(name: str, moved: dict, kept: dict, right: Recipe, x: Tensor, time: Tensor) -> Misconception:
    """A block whose arrays of that name stay where they were."""
    partly = {key: (kept if key.startswith(name) else moved)[key] for key in moved}
    return Misconception(f"{name}-still", f"a block whose {name} does not learn", lambda: right(partly, *on(x, time)))


@check("reach")
def the_receptive_field_is_right(lab: Lab) -> None:
    weights = {"conv.weight": torch.ones(1, 1, 3, 3), "conv.bias": torch.zeros(1)}
    lab.fix(S=SIDE)
    views = [lab.probe("seen", weights, depth, SIDE).tensor(axes="S S") for depth in DEPTHS]
    captions = [f"{depth} × Down" for depth in DEPTHS]
    lab.show(images("What the middle output sees", torch.stack([v.sign() for v in views]), captions, low=0.0))
    for depth, view in zip(DEPTHS, views, strict=True):
        width = int((view != 0).any(0).sum())
        lab.measures(f"Pixels seen through {depth} × Down", width, exactly=receptive_field([[3, 2]] * depth))
    for _ in range(3):
        layers = [
            [lab.random.choice([1, 3, 5, 7]), lab.random.choice([1, 2, 3])] for _ in range(lab.random.randint(4, 6))
        ]
        layers[0], layers[-1] = [3, 2], [5, 3]
        got, right = lab.call("receptive_field", layers).integer(), receptive_field(layers)
        text = f"Through layers of (kernel, stride) {layers} an output sees {right} pixels along one side, not {got}."
        said = [f" That is the field {words}." for _, words, wrong in FIELDS if wrong(layers) == got != right]
        lab.require(got == right, text + "".join(said[:1]), expected=right, got=got)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("GroupNorm", "group_norm", "native_group_norm", "batch_norm", "instance_norm", "layer_norm")
    lab.forbids("BatchNorm2d", "InstanceNorm2d", "diffusers", "transformers")


@check("trace")
def the_forward_pass_step_by_step(lab: Lab) -> None:
    config = draw_channels(lab, widened=True)
    weights, x, time = draw_block(lab, config), draw_images(lab, "B C H W"), lab.normal("B E")
    names = {"G": config["groups"]}
    show_steps(lab, "ResBlock", solution, on=(x, time), config=config, weights=weights, names=names)
