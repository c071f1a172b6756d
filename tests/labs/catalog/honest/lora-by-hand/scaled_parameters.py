"""einsum, and α/r kept inside B."""

import torch
from torch import Tensor, nn


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        for parameter in base.parameters():
            parameter.requires_grad = False
        self.inner = base
        self.factor = alpha / rank
        self.adapter = nn.ParameterDict(
            {
                "a": nn.init.kaiming_uniform_(torch.empty(rank, base.in_features)),
                "b": torch.zeros(base.out_features, rank),
            }
        )
        self.in_weight = 0

    def forward(self, x: Tensor) -> Tensor:
        extra = torch.einsum("...i,ri,or->...o", x, self.adapter["a"], self.adapter["b"])
        y: Tensor = self.inner(x)
        return y + (1 - self.in_weight) * extra

    def move(self, into: int) -> None:
        change = torch.einsum("or,ri->oi", self.adapter["b"], self.adapter["a"]).detach()
        self.inner.weight.data.add_(change, alpha=into - self.in_weight)
        self.in_weight = into

    def merge(self) -> None:
        self.move(1)

    def unmerge(self) -> None:
        self.move(0)


def load_adapter(layer: LoRALinear, a: Tensor, b: Tensor) -> None:
    layer.adapter["a"].data.copy_(a)
    layer.adapter["b"].data.copy_(layer.factor * b)
