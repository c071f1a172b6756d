"""One token after the other, with a counter for each expert."""

import torch
from torch import Tensor, nn


class SwitchLayer(nn.Module):
    def __init__(
        self, d_model: int, d_ff: int, n_experts: int, capacity_factor: float = 1.0, alpha: float = 0.01
    ) -> None:
        super().__init__()
        self.capacity_factor, self.alpha = capacity_factor, alpha
        self.router = nn.Parameter(torch.randn(n_experts, d_model) / d_model**0.5)
        self.w1 = nn.Parameter(torch.randn(n_experts, d_ff, d_model) / d_model**0.5)
        self.b1 = nn.Parameter(torch.zeros(n_experts, d_ff))
        self.w2 = nn.Parameter(torch.randn(n_experts, d_model, d_ff) / d_ff**0.5)
        self.b2 = nn.Parameter(torch.zeros(n_experts, d_model))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        queue = [token for sequence in x for token in sequence]
        experts = len(self.router)
        room = self.capacity_factor * len(queue) / experts
        taken, chosen = [0] * experts, [0] * experts
        probabilities, rows = [], []
        for token in queue:
            p = torch.softmax(self.router @ token, dim=0)
            e = int(p.argmax())
            probabilities.append(p)
            chosen[e] += 1
            if taken[e] < room:
                taken[e] += 1
                hidden = (self.w1[e] @ token + self.b1[e]).clamp(min=0)
                rows.append((self.w2[e] @ hidden + self.b2[e]) * p[e])
            else:
                rows.append(torch.zeros(x.size(-1)))
        mean = torch.stack(probabilities).mean(0)
        loss = self.alpha * experts * sum(c / len(queue) * m for c, m in zip(chosen, mean, strict=True))
        return torch.stack(rows).view(x.shape), torch.as_tensor(loss)


def load_weights(layer: SwitchLayer, weights: dict[str, Tensor]) -> None:
    layer.load_state_dict(weights)
