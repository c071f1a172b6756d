"""A Switch layer: top-1 routing with limited capacity, and the load-balancing loss.

Choices: a loop over experts, each computing just the tokens it accepted (as many lines as the idea has); places in
an expert's queue come from a cumulative sum over a one-hot table, so that "first come, first served" is one line.
"""

import math

import torch
from torch import Tensor, nn


class SwitchLayer(nn.Module):
    """`n_experts` (E) feed-forward networks of hidden width `d_ff` (F), of which each token visits one."""

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

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # (B, T, D) -> (B, T, D) and ()
        tokens = x.flatten(0, 1)  # (N, D): one queue, sequence after sequence
        probabilities = self.router(tokens).softmax(dim=-1)  # (N, E)
        gate, chosen = probabilities.max(dim=-1)  # (N,) each; the gate keeps its gradient, the choice has none
        wants = nn.functional.one_hot(chosen, len(self.experts))  # (N, E)
        place = (wants.cumsum(dim=0) * wants).sum(dim=-1)  # (N,): 1 for the first that wants this expert, then 2 …
        accepted = place <= math.ceil(self.capacity_factor * len(tokens) / len(self.experts))
        y = torch.zeros_like(tokens)  # a token without room gets zeros: its way on is the skip path outside
        for index, expert in enumerate(self.experts):
            mine = (accepted & (chosen == index)).nonzero().squeeze(-1)  # (at most the capacity,)
            y = y.index_add(0, mine, gate[mine, None] * expert(tokens[mine]))
        share = wants.float().mean(dim=0)  # (E,), f in the paper: counts, before anybody was turned away
        loss = self.alpha * len(self.experts) * (share * probabilities.mean(dim=0)).sum()
        return y.view_as(x), loss


def load_weights(layer: SwitchLayer, weights: dict[str, Tensor]) -> None:
    """Copy the five named arrays into `layer`; expert e has w1[e], b1[e], w2[e] and b2[e]."""
    with torch.no_grad():  # copying is not something to differentiate
        layer.router.weight.copy_(weights["router"])
        for index, (up, _relu, down) in enumerate(layer.experts):
            up.weight.copy_(weights["w1"][index])
            up.bias.copy_(weights["b1"][index])
            down.weight.copy_(weights["w2"][index])
            down.bias.copy_(weights["b2"][index])
