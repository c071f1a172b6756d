"""Checks for quantisation: integers against a float64 reference, on weights that lie clear of every rounding tie."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, Observation, bars, check
from misconceptions import PACKS, PRODUCTS, RESTORED, UNPACKS, full, packed, schemes, unpacked
from reference import NF4, Mixed, Scheme, bytes_of_layer, clear, nearest_level, of_activations, restored

TERMS = 16
"""Over 60 seeds and three styles the error is below a twentieth of the tolerance."""
MARGIN = 2e-4
"""How far from a rounding tie all drawn weights lie; float32 moves a ratio of up to 127 by 1.5e-5."""
HALF = 0.5 + 1e-4
"""No value is further from its level than half a step, plus the rounding of the division."""
EXACT = {"tolerance": 0.0}
OUTLIER = 20.0
SLACK = 64
USUAL = 32


def draw_clear(scheme: Scheme, draw: Callable[[], Tensor]) -> Tensor:
    w = draw()
    while not clear(scheme, w, MARGIN):
        w = draw()
    return w


def standing_out(lab: Lab, w: Tensor) -> Tensor:
    """Two columns of a row become twenty times larger, in some rows."""
    w[:, lab.random.sample(range(w.size(1)), 2)] *= OUTLIER
    return w


def compare(lab: Lab, out: Observation, scheme: Scheme, w: Tensor, dtype: torch.dtype) -> None:
    """Scales and zero points, then what the error is worth in steps, and the integers themselves."""
    right, wrong = scheme(w), [(key, text, other(w)) for key, text, other in schemes(scheme)]
    parts = {
        1: ("O G", "scales", {}),
        2: ("O G", "zero points", EXACT),
        0: ("O I", "integers", {"dtype": dtype, **EXACT}),
    }
    for at, (axes, what, options) in parts.items():
        known = [Misconception(key, text, partial(tuple.__getitem__, answer, at)) for key, text, answer in wrong]
        if at == 0:
            measure_error(lab, out.tensor("0", axes="O I", dtype=dtype), right[1], right[2], w)
        hint = f"These are the {what}."
        lab.equals(out, right[at], axes=axes, path=str(at), misconceptions=known, hint=hint, **options)


def measure_error(lab: Lab, q: Tensor, scale: Tensor, zero: Tensor, w: Tensor) -> None:
    """From the integers that came back: how far the weights are that they stand for."""
    error = (restored(q, scale, zero) - w.double()).unflatten(1, (scale.size(1), -1)) / scale[..., None]
    hint = "Up to a whole step: that cuts off instead of rounding to the nearest."
    lab.measures("Largest error, in steps", error.abs().max().item(), at_most=HALF, hint=hint)


@check("int8")
def eight_bits_with_a_scale_for_each_row(lab: Lab) -> None:
    lab.dims("O I", O=(6, 9), I=(20, 30))
    lab.fix(G=1)
    w = draw_clear(Scheme(8), lambda: standing_out(lab, lab.normal("O I")))
    compare(lab, lab.call("quantise", w, 8), Scheme(8), w, torch.int8)


@check("groups")
def four_bits_with_a_scale_for_each_group(lab: Lab) -> None:
    group = lab.random.choice([4, 6])
    lab.fix(O=9, G=5, I=5 * group)
    scheme = Scheme(4, group)
    w = draw_clear(scheme, lambda: standing_out(lab, lab.normal("O I")))
    error_by_scale(lab, w, group)
    compare(lab, lab.call("quantise", w, 4, group), scheme, w, torch.int8)


def error_by_scale(lab: Lab, w: Tensor, group: int) -> None:
    """For each column the error of one scale per row and of one per group."""
    sides = {"one per row": Scheme(4), "one per group": Scheme(4, group)}
    errors = {name: (restored(*scheme(w)) - w.double()).square().mean(0).sqrt() for name, scheme in sides.items()}
    lab.show(bars("Error of four bits, by where the scales are", "column", **errors))


@check("asymmetric")
def a_zero_point_for_weights_on_one_side(lab: Lab) -> None:
    group = lab.random.choice([6, 8])
    lab.fix(O=9, G=5, I=5 * group)
    for bits in (4, 8):
        scheme = Scheme(bits, group, symmetric=False)
        w = draw_clear(scheme, lambda: lab.normal("O I") + shifts(lab))
        out = lab.call("quantise", w, bits, group, symmetric=False)
        compare(lab, out, scheme, w, torch.uint8)


def shifts(lab: Lab) -> Tensor:
    """Some rows lie above zero, some below, some on both sides."""
    return torch.tensor([lab.random.choice([-4.0, -1.0, 1.0, 4.0]) for _ in range(lab.size("O") - 2)] + [4.0, -4.0])[
        :, None
    ]


@check("zeros")
def groups_of_zeros_stay_zeros(lab: Lab) -> None:
    lab.fix(O=3, G=2, I=8)
    w = draw_clear(Scheme(4, 4), lambda: lab.normal("O I"))
    w[1, :4] = 0
    for symmetric, dtype in ((True, torch.int8), (False, torch.uint8)):
        out = lab.call("quantise", w, 4, 4, symmetric=symmetric)
        q, scale, zero = (
            out.tensor("0", axes="O I", dtype=dtype),
            out.tensor("1", axes="O G"),
            out.tensor("2", axes="O G"),
        )
        lab.require(bool((scale > 0).all()), "A scale is not positive: a group of zeros needs one too, whichever.")
        back = restored(q, scale, zero)[1, :4]
        lab.require(bool((back == 0).all()), f"A group of zeros came back as {back.tolist()}.")


@check("dequantise")
def integers_give_weights_back(lab: Lab) -> None:
    lab.fix(O=6, G=3, I=12)
    q, scale = lab.integers("O I", low=0, high=16).to(torch.uint8), lab.uniform("O G", low=0.2, high=0.9)
    zero = lab.integers("O G", low=3, high=13).float()
    out = lab.call("dequantise", q, scale, zero)
    known = [Misconception(key, text, partial(fn, q, scale, zero)) for key, text, fn in RESTORED]
    lab.equals(out, restored(q, scale, zero), axes="O I", terms=TERMS, misconceptions=known)
    signed, none = (q.long() - 8).to(torch.int8), torch.zeros_like(zero)
    out = lab.call("dequantise", signed, scale, none)
    lab.equals(out, restored(signed, scale, none), axes="O I", terms=TERMS, hint="Signed integers, no zero points.")


@check("pack")
def two_integers_in_a_byte(lab: Lab) -> None:
    lab.fix(I=12, P=6)
    q = lab.integers("O I", low=-8, high=8).to(torch.int8)
    known = [Misconception(key, text, partial(fn, q)) for key, text, fn in PACKS]
    lab.equals(lab.call("pack", q), packed(q), axes="O P", dtype=torch.uint8, misconceptions=known, **EXACT)


@check("unpack")
def and_out_of_it_again(lab: Lab) -> None:
    lab.fix(I=12, P=6)
    given = lab.integers("O P", low=0, high=256).to(torch.uint8)
    known = [Misconception(key, text, partial(fn, given)) for key, text, fn in UNPACKS]
    lab.equals(lab.call("unpack", given), unpacked(given), axes="O I", dtype=torch.int8, misconceptions=known, **EXACT)


@check("code-book")
def the_nearest_of_sixteen_levels(lab: Lab) -> None:
    lab.fix(O=7, G=5, I=40)
    codes, w = torch.tensor(NF4), lab.normal("O I")
    while nearest_level(w, codes, 8)[2] < MARGIN:
        w = lab.normal("O I")
    index, scale, _ = nearest_level(w, codes, 8)
    even, _, _ = nearest_level(w, torch.linspace(-1, 1, 16), 8)
    whole, of_row, _ = nearest_level(w, codes, 40)
    below = torch.searchsorted(codes.double(), (w.double() / scale.repeat_interleave(8, 1)), right=True) - 1
    out = lab.call("nearest_code", w, codes, 8)
    known = [
        Misconception("even-levels", "indices of sixteen levels at equal distances", lambda: even),
        Misconception("one-per-row", "indices with one scale for a row", lambda: whole),
        Misconception("level-below", "indices of the next lower level instead of the nearest", below.double),
    ]
    lab.equals(out, index, axes="O I", path="0", dtype=torch.uint8, misconceptions=known, **EXACT)
    known = [
        Misconception("one-per-row", "one scale for a row", lambda: of_row.expand_as(scale)),
        Misconception("steps", "the scales of four-bit integers", lambda: scale / 7),
    ]
    lab.equals(out, scale, axes="O G", path="1", misconceptions=known, hint="These are the scales.")


@check("outliers")
def a_product_with_outliers_apart(lab: Lab) -> None:
    lab.dims("N O I", N=(5, 7), O=(8, 11), I=(20, 26))
    threshold = 6.0
    x, w = draw_product(lab, threshold)
    exact = full(x, w, threshold)
    errors = [(mixed(x, w, threshold) - exact).abs().mean().item() for mixed in (PRODUCTS[0][2], Mixed())]
    lab.show(bars("Mean error of the product", "all in eight bits, outliers apart", error=errors))
    known = [Misconception(key, text, partial(mixed, x, w, threshold)) for key, text, mixed in PRODUCTS]
    known.append(Misconception("full-precision", "the product in full precision", lambda: exact))
    out = lab.call("mixed_product", x, w, threshold)
    lab.equals(out, Mixed()(x, w, threshold), axes="N O", terms=TERMS, misconceptions=known)
    x, w = (draw_clear(Scheme(8), partial(lab.normal, axes)) for axes in ("N I", "O I"))
    out = lab.call("mixed_product", x, w, threshold)
    lab.equals(out, Mixed()(x, w, threshold), axes="N O", terms=TERMS, hint="No feature is an outlier here.")


def draw_product(lab: Lab, threshold: float) -> tuple[Tensor, Tensor]:
    """Features that are large in one token, of either sign, and in all, and a large weight; clear of ties."""
    while True:
        x, w = lab.normal("N I"), lab.normal("O I")
        one, two, other, third, fourth = lab.random.sample(range(x.size(1)), 5)
        x[lab.random.randrange(len(x)), one] = -OUTLIER
        x[lab.random.randrange(len(x)), two] = OUTLIER
        x[:, other] += OUTLIER
        x[0, fourth] = threshold  # and no more than that
        w[0, third] = 2 * threshold
        small = ~of_activations(x, w, threshold)
        if all(clear(Scheme(8), t[:, small], MARGIN) for t in (x, w)):
            return x, w


def draw_layer(lab: Lab, group: int) -> tuple[Tensor, Tensor, Tensor]:
    lab.fix(O=10, I=64, N=4)
    w = draw_clear(Scheme(4, group), lambda: standing_out(lab, lab.normal("O I", scale=0.3)))
    return w, lab.normal("O"), lab.normal("N I")


def outputs(w: Tensor, bias: Tensor, x: Tensor, scheme: Scheme) -> Tensor:
    return x.double() @ restored(*scheme(w)).mT + bias.double()


def layer_mistakes(w: Tensor, bias: Tensor, x: Tensor, group: int) -> list[Misconception]:
    wrong = [
        Misconception(key, f"the output of a layer with {text}", partial(outputs, w, bias, x, scheme))
        for key, text, scheme in schemes(Scheme(4, group))
    ]
    exact = x.double() @ w.double().mT
    wrong.append(
        Misconception("not-quantised", "the output of the layer that was given", lambda: exact + bias.double())
    )
    no_bias = partial(outputs, w, torch.zeros_like(bias), x, Scheme(4, group))
    return [*wrong, Misconception("no-bias", "the output without the bias", no_bias)]


@check("layer")
def a_layer_gives_what_its_restored_weights_give(lab: Lab) -> None:
    for group in (lab.random.choice([8, 16]), 32):
        w, bias, x = draw_layer(lab, group)
        out = lab.probe("layer", w, bias, x, **({} if group == USUAL else {"group": group}))
        known = layer_mistakes(w, bias, x, group)
        expected = outputs(w, bias, x, Scheme(4, group))
        lab.equals(out, expected, axes="N O", terms=TERMS, misconceptions=known, hint=f"Groups of {group}.")


@check("state")
def what_is_saved_is_small_and_all(lab: Lab) -> None:
    group = lab.random.choice([8, 16])
    w, bias, x = draw_layer(lab, group)
    out = lab.probe("saved", w, bias, group=group)
    state = {name: out.any_tensor(name) for name in out.keys()}  # noqa: SIM118 - a method that reads, no dict's
    size = sum(tensor.nbytes for tensor in state.values())
    budget = bytes_of_layer(*w.shape, group) + SLACK
    lab.measures(
        "Bytes saved", size, at_most=budget, hint=f"In float32 the layer has {4 * (w.numel() + bias.numel())}."
    )
    again = lab.probe("loaded", state, lab.normal("O I"), lab.normal("O"), x, group=group)
    known = layer_mistakes(w, bias, x, group)
    hint = "A layer made of other weights, after it loaded what yours had saved."
    expected = outputs(w, bias, x, Scheme(4, group))
    lab.equals(again, expected, axes="N O", terms=TERMS, misconceptions=known, hint=hint)


@check("inputs-untouched")
def the_weights_are_left_alone(lab: Lab) -> None:
    lab.fix(O=5, I=12)
    w = lab.normal("O I")
    for options in ({}, {"symmetric": False}):
        lab.unchanged(lab.call("quantise", w, 4, 4, return_inputs=True, **options), w=w)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids(
        "quantize_per_tensor",
        "quantize_per_channel",
        "fake_quantize_per_tensor_affine",
        "bitsandbytes",
        "torchao",
        "ao",
    )
