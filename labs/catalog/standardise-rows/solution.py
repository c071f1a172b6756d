"""Standardising rows, annotated."""

from torch import Tensor

EPS = 1e-5


def standardise(x: Tensor) -> Tensor:
    """Give every row mean 0 and variance 1: (N, D) -> (N, D)."""
    mean = x.mean(dim=-1, keepdim=True)  # (N, 1): keepdim lets it broadcast along the row
    variance = x.var(dim=-1, correction=0, keepdim=True)  # (N, 1): divided by D; torch's default is D - 1
    return (x - mean) / (variance + EPS) ** 0.5  # (N, D): a new tensor, and no 0 / 0 in a row without spread
