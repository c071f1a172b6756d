"""A and B kept transposed, the adapter folded into the weight in each forward pass, the base's weight kept aside."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.linear = base
        base.weight.requires_grad_(False)  # noqa: FBT003 - PyTorch's own signature
        base.bias.requires_grad_(False)  # noqa: FBT003 - PyTorch's own signature
        self.kept: Tensor | None = None
        self.alpha = alpha
        self.right = nn.Parameter(torch.empty(base.in_features, rank).uniform_(-0.3, 0.3))
        self.left = nn.Parameter(torch.zeros(rank, base.out_features))

    def delta(self) -> Tensor:
        return (self.right @ self.left).T * (self.alpha / self.left.shape[0])

    def forward(self, x: Tensor) -> Tensor:
        weight = self.linear.weight if self.kept is not None else self.linear.weight + self.delta()
        return functional.linear(x, weight, self.linear.bias)

    def merge(self) -> None:
        if self.kept is None:
            self.kept = self.linear.weight.detach().clone()
            self.linear.weight.data = self.kept + self.delta().detach()

    def unmerge(self) -> None:
        if self.kept is not None:
            self.linear.weight.data, self.kept = self.kept, None


def load_adapter(layer: LoRALinear, a: Tensor, b: Tensor) -> None:
    layer.right.data, layer.left.data = a.T.clone(), b.T.clone()
