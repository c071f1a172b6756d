"""Sinusoidal and rotary positions. Write both functions; the README says what they must do."""

from torch import Tensor


def sinusoidal(length: int, d_model: int, base: float = 10000.0) -> Tensor:
    """The table to be added to `length` (T) tokens: float32 (T, D)."""
    # 1. the angle of every pair of columns at every position, (T, D/2): t / base^(2i/D)
    # 2. its sine in column 2i and its cosine in column 2i + 1
    raise NotImplementedError("sinusoidal is still to be written: start with the angles, (T, D/2)")


def rotary(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Turn each pair of neighbouring columns by its angle: x (B, H, T, D), positions (T,) int64 -> (B, H, T, D)."""
    # 1. the same angles, at the given positions
    # 2. each pair (a, b) becomes (a·cos - b·sin, a·sin + b·cos)
    raise NotImplementedError(
        "rotary is still to be written: x[..., 0::2] and x[..., 1::2] are the two halves of all pairs"
    )
