"""Where an answer differs, as a small matrix for a page: one slice over the last two axes, pooled where it is large."""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import Tensor

MAX_CELLS: Final = 16
"""Rows and columns at most; a larger slice is pooled, each cell the largest error of its block."""
MAX_PLAIN: Final = 8
"""Up to so many rows and columns the values themselves are shown too."""


def difference(
    error: Tensor,
    axes: str,
    limit: float,
    *,
    expected: Tensor | None = None,
    got: Tensor | None = None,
    what: str = "error",
) -> dict[str, Any]:
    """The slice of `error` (any number of axes, values ≥ 0) that holds its largest value, under the key `difference`.

    `rows` and `columns` are its axes, `{name, size, step}`: cell (i, j) covers `step` places of each, from i · step on.
    `fixed` says where the slice lies along the leading axes. `error` holds the largest error of each cell, `first` the
    cell [i, j] of the slice's first error above `limit`. A small slice comes with its `expected` and `got` values.
    `what` is "error", or "not finite" for a map of ones. Nothing for a scalar or an empty tensor.
    """
    if error.ndim == 0 or error.numel() == 0:
        return {}
    names = axis_names(axes, error.ndim)
    leading = leading_index(error)
    plane = matrix(error[leading])
    rows, columns = (math.ceil(size / MAX_CELLS) for size in plane.shape)
    found = {
        "what": what,
        "fixed": [{"name": name, "index": at} for name, at in zip(names, leading, strict=False)],
        "rows": {"name": names[-2] if error.ndim > 1 else "", "size": plane.shape[0], "step": rows},
        "columns": {"name": names[-1], "size": plane.shape[1], "step": columns},
        "error": rounded(pooled(plane, rows, columns)),
        "first": [at // step for at, step in zip(first_above(plane, limit), (rows, columns), strict=True)],
    }
    if max(plane.shape) <= MAX_PLAIN and expected is not None and got is not None and not expected.is_complex():
        found |= {"expected": rounded(matrix(expected[leading])), "got": rounded(matrix(got[leading]))}
    return {"difference": found}


def axis_names(axes: str, count: int) -> list[str]:
    """One name for each axis; numbers name nothing, and a wrong count of names names nothing at all."""
    names = axes.split()
    return ["" if name.isdigit() else name for name in names] if len(names) == count else [""] * count


def leading_index(error: Tensor) -> tuple[int, ...]:
    """Where along all axes but the last two the largest error is."""
    if error.ndim <= 2:
        return ()
    flat = torch.tensor(int(error.flatten().argmax()))
    return tuple(int(at) for at in torch.unravel_index(flat, error.shape))[:-2]


def first_above(plane: Tensor, limit: float) -> tuple[int, int]:
    """Row and column of the first value above `limit`, in reading order."""
    flat = int((~(plane <= limit)).flatten().to(torch.uint8).argmax())
    return divmod(flat, plane.shape[1])


def matrix(plane: Tensor) -> Tensor:
    """One row for a vector."""
    return plane.unsqueeze(0) if plane.ndim == 1 else plane


def pooled(plane: Tensor, rows: int, columns: int) -> Tensor:
    """The largest value of every block of rows × columns; blocks at the end may be smaller."""
    blocks = [part.amax(0) for part in torch.split(plane, rows)]
    return torch.stack([torch.stack([piece.amax() for piece in torch.split(block, columns)]) for block in blocks])


def rounded(values: Tensor) -> list[list[float]]:
    """Four digits are enough for a picture."""
    return [[float(f"{value:.4g}") for value in row] for row in values.double().tolist()]
