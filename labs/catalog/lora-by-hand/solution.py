"""LoRA around a linear layer.

Choices: A and B are plain parameters, (r, in) and (out, r), as in the paper; the layer keeps the base layer itself and
freezes it, as several adapters may share it; one flag says whether the adapter stands in the weight, and that flag
alone decides where it is added.
"""

import torch
from torch import Tensor, nn


class LoRALinear(nn.Module):
    """A frozen `base` (nn.Linear, in to out) plus `alpha / rank` times B·A, of rank `rank` (r)."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)  # noqa: FBT003 - PyTorch's own signature
        self.scale = alpha / rank
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)  # random: B gets a gradient
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))  # zero: the product is, too
        self.merged = False

    def forward(self, x: Tensor) -> Tensor:  # (..., in) -> (..., out)
        y = self.base(x)
        if self.merged:
            return y
        return y + self.scale * (x @ self.a.mT @ self.b.mT)  # (..., in) -> (..., r) -> (..., out)

    @torch.no_grad()
    def merge(self) -> None:
        """Put the adapter into the base's weight."""
        if not self.merged:
            self.base.weight += self.scale * self.b @ self.a  # (out, r) @ (r, in) -> (out, in)
            self.merged = True

    @torch.no_grad()
    def unmerge(self) -> None:
        """Take the adapter out of the base's weight again."""
        if self.merged:
            self.base.weight -= self.scale * self.b @ self.a
            self.merged = False


def load_adapter(layer: LoRALinear, a: Tensor, b: Tensor) -> None:
    """Copy A (r, in) and B (out, r) into `layer`."""
    with torch.no_grad():  # copying is not something to differentiate
        layer.a.copy_(a)
        layer.b.copy_(b)
