"""Quantisation by hand. Fill in six functions and a layer; the README says how."""

from torch import Tensor, nn


def quantise(w: Tensor, bits: int, group: int | None = None, symmetric: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """Weights (O, I) -> integers (O, I), scales (O, G), zero points (O, G)."""
    raise NotImplementedError("TODO 1: the scale of a group, then round what is divided by it")


def dequantise(q: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    """Integers (O, I), scales and zero points (O, G) -> weights (O, I), float32."""
    raise NotImplementedError("TODO 2: subtract the zero point, multiply by the scale")


def pack(q: Tensor) -> Tensor:
    """int8 (O, I) from -8 to 7 -> uint8 (O, I/2)."""
    raise NotImplementedError("TODO 3: even columns into the low four bits, odd ones into the high four")


def unpack(packed: Tensor) -> Tensor:
    """uint8 (O, I/2) -> int8 (O, I)."""
    raise NotImplementedError("TODO 4: take the halves apart and restore the signs")


def nearest_code(w: Tensor, codes: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """Weights (O, I), levels (16,) -> uint8 indices (O, I) of the nearest levels, scales (O, G)."""
    raise NotImplementedError("TODO 5: divide by the group's largest magnitude, and look for the nearest level")


def mixed_product(x: Tensor, w: Tensor, threshold: float) -> Tensor:
    """x (N, I), w (O, I) -> x w^T (N, O), eight bits where no feature is an outlier."""
    raise NotImplementedError("TODO 6: find the outlier features, and treat them apart")


class QuantLinear(nn.Module):
    """A linear layer whose weights are stored in four bits."""

    def __init__(self, linear: nn.Linear, group: int = 32) -> None:
        super().__init__()
        self.group = group
        raise NotImplementedError(f"TODO 7: keep packed integers, scales and bias of {linear} as buffers")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("TODO 8: restore the weights and multiply")
