"""Gradients of references and of known mistakes, in float64 on the trusted side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from gpu_runner.checking.comparing import to_double


def differentiate(
    function: Callable[..., torch.Tensor],
    inputs: Sequence[torch.Tensor],
    cotangent: torch.Tensor,
    leading: tuple[Any, ...],
) -> list[torch.Tensor]:
    """Gradients of sum(function(*leading, *inputs) · cotangent) by each input, in float64; zeros where none is."""
    leaves = [value.double().detach().requires_grad_() for value in inputs]
    answer = function(*to_double(leading), *leaves)
    if not answer.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    total = (answer * cotangent.double()).sum()
    return list(torch.autograd.grad(total, leaves, materialize_grads=True))
