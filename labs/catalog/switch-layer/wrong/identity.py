# fails: gate, routing, room, order, balance, uniform, gradients, loss-gradients, load
# baseline: the input and no loss
"""Trivial baseline: the input and no loss."""

import torch
from torch import Tensor, nn


class SwitchLayer(nn.Module):
    def __init__(
        self, d_model: int, d_ff: int, n_experts: int, capacity_factor: float = 1.0, alpha: float = 0.01
    ) -> None:
        super().__init__()
        self.config = (d_model, d_ff, n_experts, capacity_factor, alpha)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.clone(), torch.zeros(())


def load_weights(layer: SwitchLayer, weights: dict[str, Tensor]) -> None:
    del layer, weights
