"""Standardise the rows: write the three lines that are missing."""

from torch import Tensor

EPS = 1e-5


def standardise(x: Tensor) -> Tensor:
    """Give every row mean 0 and variance 1: (N, D) -> (N, D)."""
    # 1. the mean of every row:        (N, 1)
    # 2. the variance of every row:    (N, 1), correction=0
    # 3. take the mean off, divide by the square root of variance + EPS
    return x
