"""Does anything reach an output that must not? Seen by moving inputs: no mask has to be found, none can be faked."""

from __future__ import annotations

import torch

from gpu_runner.checking.axes import named
from gpu_runner.checking.comparing import at, first_index, rounding_tolerance
from gpu_runner.checking.differing import difference
from gpu_runner.checking.verdicts import Stopped, failed


def leak(before: torch.Tensor, after: torch.Tensor, *, axes: str, dim: int, cut: int, terms: int) -> Stopped | None:
    """What is wrong if inputs from `cut` on along `dim` were moved: earlier outputs must stay, later ones must move."""
    moved = (after.double() - before.double()).abs()
    past, future = moved.narrow(dim, 0, cut), moved.narrow(dim, cut, moved.shape[dim] - cut)
    allowed = rounding_tolerance(before, before.dtype, terms)
    name = axes.split()[dim]
    if bool((past > allowed).any()):
        index = first_index(past > allowed)
        return failed(
            f"The output at {at(axes, index)} moved by {float(past[index]):.2e}, and only inputs from"
            f" {name.lower()}={cut} on had changed: later positions leak into earlier ones.",
            axes=named(axes, tuple(before.shape)),
            first_bad_index=list(index),
            max_error=float(past.max()),
            tolerance=allowed,
            **difference(past, axes, allowed),
        )
    others = [d for d in range(moved.ndim) if d != dim]
    still = ~(future.amax(others) > allowed) if others else ~(future > allowed)
    if bool(still.any()):
        where = cut + first_index(still)[0]
        return failed(f"The output at {name.lower()}={where} did not move, though the input there had changed.")
    return None
