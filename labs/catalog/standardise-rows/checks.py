"""Checks for the first lab: a float64 reference, the mistakes that everybody makes once, one function per check."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check

EPS = 1e-5


def by_formula(x: Tensor, dim: int = -1, correction: int = 0, eps: float = EPS) -> Tensor:
    mean = x.mean(dim=dim, keepdim=True)
    spread = ((x - mean) ** 2).sum(dim=dim, keepdim=True) / (x.shape[dim] - correction)
    return (x - mean) / (spread + eps).sqrt()


def over_columns(x: Tensor) -> Tensor:
    return by_formula(x, dim=0)


def over_everything(x: Tensor) -> Tensor:
    return (x - x.mean()) / (x.var(correction=0) + EPS).sqrt()


def sample_variance(x: Tensor) -> Tensor:
    return by_formula(x, correction=1)


def by_variance(x: Tensor) -> Tensor:
    return (x - x.mean(dim=-1, keepdim=True)) / (x.var(dim=-1, correction=0, keepdim=True) + EPS)


def only_centred(x: Tensor) -> Tensor:
    return x - x.mean(dim=-1, keepdim=True)


MISTAKES = [
    Misconception("over-columns", "every column standardised, not every row (dim=0)", over_columns),
    Misconception("over-everything", "the whole matrix standardised at once", over_everything),
    Misconception("sample-variance", "division by the sample variance (D - 1; torch's default)", sample_variance),
    Misconception("by-variance", "division by the variance without its square root", by_variance),
    Misconception("only-centred", "the rows centred, but not divided by their spread", only_centred),
    Misconception("no-eps", "division by the spread without ε under the root", partial(by_formula, eps=0.0)),
    Misconception("unchanged", "x as it came in", lambda x: x),
]


def mean_of_rows(standardised: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return standardised(x.double()).mean(dim=-1)


@check("mean")
def every_row_has_mean_zero(lab: Lab) -> None:
    x = 3.0 * lab.normal("N D") + 2.0
    out = lab.call("standardise", x).tensor(axes="N D", dtype=torch.float32)
    means = out.double().mean(dim=-1)
    known = [
        wrong.computed_by(partial(mean_of_rows, wrong.fn, x), f"the row means of {wrong.text}") for wrong in MISTAKES
    ]
    options = {"dtype": torch.float64, "tolerance": 1e-4, "misconceptions": known}  # rounding: 1e-6
    lab.equals(means, torch.zeros_like(means), axes="N", **options)


@check("values")
def the_values_equal_a_float64_reference(lab: Lab) -> None:
    x = 3.0 * lab.normal("N D") + 2.0
    x[lab.random.randrange(x.shape[0])] *= 1e-3 / 3  # a row whose variance is smaller than EPS
    lab.agrees(lab.call("standardise", x), by_formula, on=(x,), axes="N D", misconceptions=MISTAKES)


def one_row(standardised: Callable[[Tensor], Tensor], x: Tensor, row: int) -> Tensor:
    return standardised(x.double())[row : row + 1]


@check("constant-row")
def a_row_of_equal_numbers_becomes_zeros(lab: Lab) -> None:
    x = lab.normal("N D")
    row = lab.random.randrange(x.shape[0])
    x[row] = 4.0  # its mean is exact in float32, so the answer is exactly zero
    out = lab.call("standardise", x).tensor(axes="N D", dtype=torch.float32)
    known = [wrong.computed_by(partial(one_row, wrong.fn, x, row)) for wrong in MISTAKES]
    zeros = torch.zeros(1, x.shape[1], dtype=torch.float64)
    lab.equals(out[row : row + 1], zeros, axes="1 D", tolerance=1e-3, misconceptions=known)


@check("input-untouched")
def the_input_is_left_alone(lab: Lab) -> None:
    x = lab.normal("N D")
    lab.unchanged(lab.call("standardise", x, return_inputs=True), x=x)
