"""Tokens sorted by expert, as fast kernels do it, and put back by their old places."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class SwitchLayer(nn.Module):
    def __init__(
        self, d_model: int, d_ff: int, n_experts: int, capacity_factor: float = 1.0, alpha: float = 0.01
    ) -> None:
        super().__init__()
        self.capacity_factor, self.alpha, self.n_experts = capacity_factor, alpha, n_experts
        self.router = nn.Linear(d_model, n_experts, bias=False)
        self.up = nn.ModuleList([nn.Linear(d_model, d_ff) for _ in range(n_experts)])
        self.down = nn.ModuleList([nn.Linear(d_ff, d_model) for _ in range(n_experts)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        tokens = x.reshape(-1, x.shape[-1])
        probs = functional.softmax(self.router(tokens), dim=1)
        chosen = probs.argmax(dim=1)
        sizes = torch.bincount(chosen, minlength=self.n_experts)
        order = torch.sort(chosen, stable=True).indices
        capacity = math.ceil(len(tokens) * self.capacity_factor / self.n_experts)
        y = torch.zeros(tokens.shape)
        for e, group in enumerate(torch.tensor_split(order, sizes.cumsum(0)[:-1])):
            kept = group[:capacity]
            y[kept] = self.down[e](self.up[e](tokens[kept]).relu()) * probs[kept, e].unsqueeze(1)
        loss = self.n_experts * (sizes / len(tokens) @ probs.mean(dim=0)) * self.alpha
        return y.reshape(x.shape), loss


def load_weights(layer: SwitchLayer, weights: dict[str, Tensor]) -> None:
    layer.router.weight = nn.Parameter(weights["router"].clone())
    for layers, number in ((layer.up, "1"), (layer.down, "2")):
        for e, linear in enumerate(layers):
            assert isinstance(linear, nn.Linear)
            linear.weight = nn.Parameter(weights[f"w{number}"][e].clone())
            linear.bias = nn.Parameter(weights[f"b{number}"][e].clone())
