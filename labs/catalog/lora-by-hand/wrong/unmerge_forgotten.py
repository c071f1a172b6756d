# fails: unmerge, repeats
# says: This is base.weight after ['merge', 'unmerge'].
"""Unmerging lowers the flag and leaves the weight."""

import torch
from torch import Tensor, nn


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.base = base
        for parameter in base.parameters():
            parameter.requires_grad = False
        self.scale = alpha / rank
        self.down = nn.Linear(base.in_features, rank, bias=False)
        self.up = nn.Linear(rank, base.out_features, bias=False)
        nn.init.zeros_(self.up.weight)
        self.merged = False

    def forward(self, x: Tensor) -> Tensor:
        y = self.base(x)
        return y if self.merged else y + self.scale * self.up(self.down(x))

    def merge(self) -> None:
        if not self.merged:
            self.base.weight.data += self.scale * self.up.weight.data @ self.down.weight.data
            self.merged = True

    def unmerge(self) -> None:
        if self.merged:
            self.merged = False


def load_adapter(layer: LoRALinear, a: Tensor, b: Tensor) -> None:
    with torch.no_grad():
        layer.down.weight.copy_(a)
        layer.up.weight.copy_(b)
