"""Centring, annotated."""

from torch import Tensor


def centre(x: Tensor) -> Tensor:
    """Take the mean off every row: (N, D) -> (N, D)."""
    mean = x.mean(dim=-1, keepdim=True)  # (N, 1): keepdim lets it broadcast along the row
    return x - mean  # (N, D)
