# fails: start, forward, peft, gradients, merge, unmerge, repeats
# mistake: base-alone
# baseline: the base, unchanged
"""Trivial baseline: the base, unchanged."""

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
        return y + 0 * self.up(self.down(x))

    def merge(self) -> None:
        if not self.merged:
            self.merged = True

    def unmerge(self) -> None:
        if self.merged:
            self.merged = False


def load_adapter(layer: LoRALinear, a: Tensor, b: Tensor) -> None:
    with torch.no_grad():
        layer.down.weight.copy_(a)
        layer.up.weight.copy_(b)
