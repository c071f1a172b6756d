"""A Switch layer. The README holds the contract; three places are marked TODO."""

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
        # TODO 1: E experts, each two linear layers with bias and a ReLU between them, D to d_ff to D.
        self.experts = nn.ModuleList(nn.Linear(d_model, d_ff) for _ in range(n_experts))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, D) -> the output (B, T, D) and the load-balancing loss, a tensor without axes."""
        # TODO 2: probabilities, the choice, places in the queues, the accepted tokens' outputs; then the loss.
        raise NotImplementedError("TODO 2: compute output and loss in SwitchLayer.forward")


def load_weights(layer: SwitchLayer, weights: dict[str, Tensor]) -> None:
    """Copy router (E, D), w1 (E, F, D), b1 (E, F), w2 (E, D, F) and b2 (E, D) into your own layers."""
    with torch.no_grad():  # copying is not something to differentiate
        layer.router.weight.copy_(weights["router"])
        # TODO 3: the experts' arrays; expert e has w1[e], b1[e], w2[e] and b2[e].
