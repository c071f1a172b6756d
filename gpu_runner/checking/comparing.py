"""Compare an answer with a float64 reference and say what is wrong, where, by how much, and most likely why."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import torch

from gpu_runner.checking.axes import named, spell
from gpu_runner.checking.differing import difference
from gpu_runner.checking.verdicts import Stopped, failed

MARGIN: Final = 4.0
DISTINCT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Misconception:
    """What a learner with a known mistake computes; `text` is a noun phrase that fits after "equals".

    `skill` is what this mistake shows to be missing, where that is not the check's own skill.
    """

    id: str
    text: str
    fn: Callable[..., torch.Tensor]
    skill: str = ""

    def computed_by(self, fn: Callable[..., torch.Tensor], text: str = "") -> Misconception:
        """The same mistake, its answer computed in another way."""
        return replace(self, fn=fn, text=text or self.text)


def to_double(tree: Any) -> Any:
    """A copy of a tree with its floating tensors in float64."""
    if isinstance(tree, torch.Tensor):
        return tree.double() if tree.is_floating_point() else tree.clone()
    if isinstance(tree, dict):
        return {key: to_double(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(to_double(value) for value in tree)
    return tree


def rounding_tolerance(expected: torch.Tensor, dtype: torch.dtype, terms: int) -> float:
    """What rounding alone may add up to: a sum of n terms in precision ε is off by at most about n·ε of its scale."""
    if not dtype.is_floating_point:
        return 0.0
    scale = float(_magnitude(expected).max()) if expected.numel() else 0.0
    return MARGIN * torch.finfo(dtype).eps * terms * max(1.0, scale)


def _magnitude(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.abs() if tensor.dtype != torch.bool else tensor.double()  # a mask has no absolute value in torch


def wrong_form(got: torch.Tensor, shape: tuple[int, ...], dtype: torch.dtype, axes: str) -> Stopped | None:
    """Shape, then dtype, then finiteness."""
    if tuple(got.shape) != shape:
        return failed(
            f"The shape is {spell(axes, tuple(got.shape))}; expected {spell(axes, shape)}.",
            axes=named(axes, shape),
            expected=list(shape),
            got=list(got.shape),
        )
    if got.dtype != dtype:
        return failed(
            f"The dtype is {_short(got.dtype)}; expected {_short(dtype)}.",
            expected=_short(dtype),
            got=_short(got.dtype),
        )
    bad = ~torch.isfinite(got)
    if bool(bad.any()):
        index = first_index(bad)
        where = f"the first is {got[index].item()} at {at(axes, index)}"
        text = f"{int(bad.sum())} of {got.numel()} values are not finite; {where}."
        seen = difference(bad.double(), axes, 0.0, what="not finite")
        return failed(text, axes=named(axes, shape), first_bad_index=list(index), got=str(got[index].item()), **seen)
    return None


def wrong_values(
    got: torch.Tensor, expected: torch.Tensor, axes: str, tolerance: float, hint: str = ""
) -> Stopped | None:
    """Compare values in float64; both have the same shape and are finite."""
    error = (
        (got.to(expected.dtype) - expected).abs() if expected.is_complex() else (got.double() - expected.double()).abs()
    )
    bad = ~(error <= tolerance)
    if not bool(bad.any()):
        return None
    index = first_index(bad)
    mine, theirs = got[index].item(), expected[index].item()
    text = (
        f"{int(bad.sum())} of {got.numel()} values differ from the reference by more than {tolerance:.1e}"
        f" (at most by {float(error.max()):.2e})."
        f" The first is at {at(axes, index)}: got {mine:.6g}, expected {theirs:.6g}."
    )
    return failed(
        f"{text} {hint}".strip(),
        axes=named(axes, tuple(got.shape)),
        first_bad_index=list(index),
        expected=_json_number(theirs),
        got=_json_number(mine),
        max_error=float(error.max()),
        tolerance=tolerance,
        **difference(error, axes, tolerance, expected=expected, got=got),
    )


def wrong_measure(
    what: str, got: float, *, exactly: float | None, at_most: float | None, at_least: float | None, hint: str
) -> Stopped | None:
    """Compare one number with what was asked of it."""
    asked = [
        ("exactly", exactly, exactly is None or got == exactly),
        ("at most", at_most, at_most is None or got <= at_most),
        ("at least", at_least, at_least is None or got >= at_least),
    ]
    for words, limit, holds in asked:
        if not holds:
            return failed(f"{what}: {got:,}; expected {words} {limit:,}. {hint}".strip(), expected=limit, got=got)
    return None


def recognise(
    got: torch.Tensor, expected: torch.Tensor, answers: Sequence[tuple[Misconception, torch.Tensor]], tolerance: float
) -> dict[str, Any] | None:
    """The nearest misconception within rounding that these inputs can tell apart from the right answer."""
    best: dict[str, Any] | None = None
    for misconception, answer in answers:
        distance = _distance(got, answer)
        tell_apart = _distance(answer, expected) > DISTINCT * tolerance
        near = distance <= MARGIN * max(tolerance, rounding_tolerance(answer, torch.float32, 64))
        if tell_apart and near and (best is None or distance < best["distance"]):
            best = {"id": misconception.id, "text": misconception.text, "distance": distance}
            best |= {"skill": misconception.skill} if misconception.skill else {}
    return best


def _distance(left: torch.Tensor, right: torch.Tensor) -> float:
    if left.shape != right.shape:
        return math.inf
    if left.numel() == 0:
        return 0.0
    distance = float((left.double() - right.double()).abs().max())
    return math.inf if math.isnan(distance) else distance


def diagnosed(problem: Stopped, misconception: dict[str, Any] | None) -> Stopped:
    """Put the likely reason in front of the bare facts."""
    if misconception is None:
        return problem
    text = f"Your answer equals {misconception['text']} to {misconception['distance']:.0e}."
    return failed(f"{text} {problem.message}", **problem.details, misconception=misconception)


def first_index(mask: torch.Tensor) -> tuple[int, ...]:
    """Index of the first true element, in row-major order."""
    flat = int(mask.reshape(-1).to(torch.uint8).argmax())
    return tuple(int(i) for i in torch.unravel_index(torch.tensor(flat), mask.shape)) if mask.ndim else ()


def at(axes: str, index: tuple[int, ...]) -> str:
    """`(b=0, t=3)` for messages."""
    names = axes.split()
    if len(names) != len(index):
        return str(index)
    return "(" + ", ".join(f"{name.lower()}={i}" for name, i in zip(names, index, strict=True)) + ")"


def _json_number(value: complex) -> float | str:
    """JSON has no complex numbers."""
    return str(value) if isinstance(value, complex) else value


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
