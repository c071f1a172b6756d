"""Checks for sinusoidal and rotary positions: float64 formulas, and the mistakes they are told apart from."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check

BASE = 10000.0
TERMS = 32
"""The error is that of an angle of up to 60 in float32, some 4e-6: over 40 seeds below a tenth of the tolerance."""
DISTANCE_TOLERANCE = 1e-4
"""Rows of fourteen columns: float32 leaves 1e-6 in a product of two, angles in sixteen bits 1e-3."""
VISIBLE = 0.1
"""Scores are sums of ten products of order one; a position that is felt moves some of them by more than that."""
SHIFT_TOLERANCE = 1e-3
"""Angles up to 100 in float32 leave 1e-5 in a score; an encoding of absolute positions moves scores by more than 1."""


def columns(width: int) -> Tensor:
    return torch.arange(0, width, 2, dtype=torch.float64)  # 0, 2, 4 …: what is written 2i in the formulas


def paired(width: int) -> Tensor:
    return columns(width) / width  # 2i/D


def angles(positions: Tensor, width: int, base: float, exponent: Callable[[int], Tensor] = paired) -> Tensor:
    return positions.double()[:, None] * base ** -exponent(width)  # (T, D/2)


def woven(even: Tensor, odd: Tensor) -> Tensor:
    return torch.stack([even, odd], dim=-1).flatten(-2)


def table(length: int, width: int, base: float, start: int = 0, exponent: Callable[[int], Tensor] = paired) -> Tensor:
    angle = angles(torch.arange(start, start + length), width, base, exponent)
    return woven(angle.sin(), angle.cos())


def own_frequencies(length: int, width: int, base: float) -> Tensor:
    angle = torch.arange(length).double()[:, None] * base ** -(torch.arange(width).double() / width)
    return torch.where(torch.arange(width) % 2 == 0, angle.sin(), angle.cos())


def cosines_first(length: int, width: int, base: float) -> Tensor:
    return table(length, width, base).unflatten(-1, (-1, 2)).flip(-1).flatten(-2)


def halves(length: int, width: int, base: float) -> Tensor:
    return table(length, width, base).unflatten(-1, (-1, 2)).mT.flatten(-2)


EXPONENTS: list[tuple[str, str, Callable[[int], Tensor]]] = [
    ("exponent-i", "angles with base^(i/D), the factor 2 missing", lambda width: columns(width) / 2 / width),
    ("exponent-4i", "angles with base^(4i/D), the factor 2 applied twice", lambda width: 2 * paired(width)),
    ("last-is-base", "frequencies spread from 1 to exactly 1/base", lambda width: columns(width) / (width - 2)),
]
TABLES: list[tuple[str, str, Callable[[int, int, float], Tensor]]] = [
    ("halves", "all sines first and all cosines behind them", halves),
    ("cosines-first", "a table with cosines in the even columns", cosines_first),
    ("own-frequencies", "a table with a frequency for every column instead of every pair", own_frequencies),
    ("from-one", "a table that starts at position 1", partial(table, start=1)),
    ("base-ignored", "a table with the base 10000", lambda length, width, _: table(length, width, BASE)),
    *((name, text, partial(table, exponent=exponent)) for name, text, exponent in EXPONENTS),
]


def turned(even: Tensor, odd: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    return even * angle.cos() - odd * angle.sin(), even * angle.sin() + odd * angle.cos()


def rotated(x: Tensor, positions: Tensor, base: float, exponent: Callable[[int], Tensor] = paired) -> Tensor:
    return woven(*turned(x[..., 0::2], x[..., 1::2], angles(positions, x.size(-1), base, exponent)))


def backwards(x: Tensor, positions: Tensor, base: float) -> Tensor:
    return rotated(x, -positions, base)


def rotated_halves(x: Tensor, positions: Tensor, base: float) -> Tensor:
    return torch.cat(turned(*x.chunk(2, dim=-1), angles(positions, x.size(-1), base)), dim=-1)


def unwoven(x: Tensor, positions: Tensor, base: float) -> Tensor:
    return rotated(x, positions, base).unflatten(-1, (-1, 2)).mT.flatten(-2)


def overwritten(x: Tensor, positions: Tensor, base: float) -> Tensor:
    angle = angles(positions, x.size(-1), base)
    even = turned(x[..., 0::2], x[..., 1::2], angle)[0]
    return woven(even, turned(even, x[..., 1::2], angle)[1])


def added(x: Tensor, positions: Tensor, base: float) -> Tensor:
    angle = angles(positions, x.size(-1), base)
    return x + woven(angle.sin(), angle.cos())


def from_zero(x: Tensor, positions: Tensor, base: float) -> Tensor:
    return rotated(x, torch.arange(len(positions)), base)


ROTATIONS: list[tuple[str, str, Callable[[Tensor, Tensor, float], Tensor]]] = [
    ("halves-paired", "a rotation that pairs column i with column i + D/2", rotated_halves),
    ("backwards", "a rotation by the negative angle", backwards),
    ("unwoven", "the right pairs, not woven back into neighbouring columns", unwoven),
    ("overwritten", "a rotation that reads a pair's first half after it was overwritten", overwritten),
    ("added", "the vectors with the sinusoidal table added", added),
    ("positions-ignored", "a rotation at positions 0, 1, 2 … instead of the given ones", from_zero),
    ("from-one", "a rotation with 1 added to each position", lambda x, p, base: rotated(x, p + 1, base)),
    ("base-ignored", "a rotation with the base 10000", lambda x, positions, _: rotated(x, positions, BASE)),
    ("not-rotated", "the vectors as they came", lambda x, *_: x),
    *((name, text, partial(rotated, exponent=exponent)) for name, text, exponent in EXPONENTS),
]


def draw_width(lab: Lab) -> int:
    lab.fix(D=2 * lab.random.randint(4, 7))
    return lab.size("D")


def compare_table(lab: Lab, length: int, base: float | None) -> None:
    """The learner's table against the formula; `base` is left out of the call when it is None."""
    sizes = length, lab.size("D"), base or BASE
    out = lab.call("sinusoidal", *sizes[:2], **({} if base is None else {"base": base}))
    mistakes = [Misconception(name, text, partial(f, *sizes)) for name, text, f in TABLES]
    lab.equals(out, table(*sizes), axes="T D", terms=TERMS, misconceptions=mistakes)


def compare_rotation(lab: Lab, positions: Tensor, base: float | None, hint: str = "") -> None:
    """The learner's rotation of fresh vectors against the formula."""
    x = lab.normal("B H T D")
    out = lab.call("rotary", x, positions, **({} if base is None else {"base": base}))
    mistakes = [Misconception(n, text, lambda x, p, f=f: f(x, p, base or BASE)) for n, text, f in ROTATIONS]
    right = partial(rotated, base=base or BASE)
    lab.agrees(out, right, on=(x, positions), axes="B H T D", terms=TERMS, misconceptions=mistakes, hint=hint)


@check("shapes")
def shapes_are_kept(lab: Lab) -> None:
    width = draw_width(lab)
    lab.has_shape(lab.call("sinusoidal", lab.size("T"), width), "T D")
    lab.has_shape(lab.call("rotary", lab.normal("B H T D"), torch.arange(lab.size("T"))), "B H T D")
    lab.has_shape(lab.call("rotary", lab.normal("B H 1 D"), torch.tensor([5])), "B H 1 D")


@check("table")
def the_table_equals_the_reference(lab: Lab) -> None:
    draw_width(lab)
    (length,) = lab.dims("T", T=(20, 60))
    compare_table(lab, length, None)


def products(rows_of: Callable[[], Tensor]) -> Tensor:
    rows = rows_of()
    return rows @ rows.mT  # (T, T)


@check("distances")
def products_of_rows_depend_on_the_distance(lab: Lab) -> None:
    width = draw_width(lab)
    (length,) = lab.dims("T", T=(16, 32))
    rows = lab.call("sinusoidal", length, width).tensor(axes="T D").double()
    lag = torch.arange(length)[:, None] - torch.arange(length)
    expected = angles(lag.flatten(), width, BASE).cos().sum(-1).view(length, length)
    hint = "Rows s and t should have the product Σ cos(frequency · (s - t)), so a row by itself D/2."
    tables = [(name, text, partial(f, length, width, BASE)) for name, text, f in TABLES]
    known = [Misconception(name, f"products of {text}", partial(products, f)) for name, text, f in tables]
    options = {"dtype": torch.float64, "tolerance": DISTANCE_TOLERANCE, "misconceptions": known, "hint": hint}
    lab.equals(rows @ rows.mT, expected, axes="T T", **options)


@check("origin")
def position_zero_is_the_identity(lab: Lab) -> None:
    draw_width(lab)
    hint = "Every position is 0 here, so every angle is 0."
    compare_rotation(lab, torch.zeros(lab.size("T"), dtype=torch.int64), None, hint)


@check("rotary")
def rotated_vectors_equal_the_reference(lab: Lab) -> None:
    draw_width(lab)
    compare_rotation(lab, torch.arange(lab.size("T")), None)


@check("any-positions")
def any_positions_are_possible(lab: Lab) -> None:
    draw_width(lab)
    compare_rotation(lab, lab.integers("T", low=3, high=60), None)


@check("relative")
def scores_depend_on_differences(lab: Lab) -> None:
    draw_width(lab)
    q, k = lab.normal("B H T D", count=2)
    shift = lab.random.randint(10, 40)
    out = lab.probe("scores", q, k, torch.arange(lab.size("T")), shift)
    here, moved = (out.tensor(name, axes="B H T T").double() for name in ("here", "moved"))
    change = (moved - here).abs().max().item()
    message = (
        f"Moving all queries and keys by {shift} positions changed a score by {change:.2g}; only differences count."
    )
    lab.require(change <= SHIFT_TOLERANCE, message)
    felt = (here - q.double() @ k.double().mT).abs().max().item()
    lab.require(felt > VISIBLE, "Scores are what they were without positions: nothing was rotated.")


@check("base")
def the_base_sets_the_wavelengths(lab: Lab) -> None:
    draw_width(lab)
    (length,) = lab.dims("T", T=(5, 11))
    base = math.floor(lab.random.uniform(50, 500)) + 0.5
    compare_table(lab, length, base)
    compare_rotation(lab, torch.arange(length), base)


@check("gradients")
def the_gradient_is_the_rotation_back(lab: Lab) -> None:
    draw_width(lab)
    x, cotangent = lab.normal("B H T D", count=2)
    positions = lab.integers("T", low=0, high=60)
    out = lab.probe("gradient", x, positions, cotangent)
    mistakes = [
        Misconception("no-gradient", "no gradient at all", lambda grad, _: 0 * grad),
        Misconception("skip", "the gradient of leaving the vectors as they are", lambda grad, _: grad),
        Misconception("forward", "the gradient turned forward once more", partial(rotated, base=BASE)),
    ]
    back = partial(backwards, base=BASE)
    lab.agrees(out, back, on=(cotangent, positions), axes="B H T D", terms=TERMS, misconceptions=mistakes)


@check("inputs-untouched")
def the_inputs_are_left_alone(lab: Lab) -> None:
    draw_width(lab)
    x, positions = lab.normal("B H T D"), lab.integers("T", low=3, high=60)
    out = lab.call("rotary", x, positions, return_inputs=True)
    lab.unchanged(out, x=x, positions=positions)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("transformers", "diffusers", "torchtune", "apply_rotary_pos_emb")
