# fails: balance, uniform, loss-gradients, load
# mistake: no-experts
"""The loss lacks the number of experts."""

import math

import torch
from torch import Tensor, nn


class SwitchLayer(nn.Module):
    def __init__(
        self, d_model: int, d_ff: int, n_experts: int, capacity_factor: float = 1.0, alpha: float = 0.01
    ) -> None:
        super().__init__()
        self.capacity_factor = capacity_factor
        self.alpha = alpha
        self.router = nn.Linear(d_model, n_experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model)) for _ in range(n_experts)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        tokens = x.flatten(0, 1)
        logits = self.router(tokens)
        probabilities = logits.softmax(dim=-1)
        gate, chosen = probabilities.max(dim=-1)
        wants = nn.functional.one_hot(chosen, len(self.experts))
        place = (wants.cumsum(dim=0) * wants).sum(dim=-1)
        accepted = place <= math.ceil(self.capacity_factor * len(tokens) / len(self.experts))
        y = torch.zeros_like(tokens)
        for index, expert in enumerate(self.experts):
            mine = (accepted & (chosen == index)).nonzero().squeeze(-1)
            y = y.index_add(0, mine, gate[mine, None] * expert(tokens[mine]))
        share = wants.float().mean(dim=0)
        mean = probabilities.mean(dim=0)
        return y.view_as(x), self.alpha * (share * mean).sum()


def load_weights(layer: SwitchLayer, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        layer.router.weight.copy_(weights["router"])
        for index, (up, _relu, down) in enumerate(layer.experts):
            up.weight.copy_(weights["w1"][index])
            up.bias.copy_(weights["b1"][index])
            down.weight.copy_(weights["w2"][index])
            down.bias.copy_(weights["b2"][index])
