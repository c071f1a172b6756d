"""As in Mesh TensorFlow: a one-hot dispatch tensor (N, E, C), and all experts as one batched product."""

import math

import torch
from torch import Tensor, nn


class SwitchLayer(nn.Module):
    def __init__(
        self, d_model: int, d_ff: int, n_experts: int, capacity_factor: float = 1.0, alpha: float = 0.01
    ) -> None:
        super().__init__()
        self.capacity_factor, self.alpha = capacity_factor, alpha
        self.gating = nn.Parameter(torch.randn(d_model, n_experts) / d_model**0.5)
        self.wi = nn.Parameter(torch.randn(n_experts, d_model, d_ff) / d_model**0.5)
        self.wo = nn.Parameter(torch.randn(n_experts, d_ff, d_model) / d_ff**0.5)
        self.bi = nn.Parameter(torch.zeros(n_experts, 1, d_ff))
        self.bo = nn.Parameter(torch.zeros(n_experts, 1, d_model))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        tokens = x.reshape(-1, x.size(-1))
        count, experts = tokens.size(0), self.gating.size(1)
        capacity = math.ceil(count * self.capacity_factor / experts)
        probs = torch.softmax(tokens @ self.gating, dim=-1)
        mask = torch.zeros_like(probs).scatter(1, probs.argmax(1, keepdim=True), 1.0)
        slot = ((mask.cumsum(0) - 1) * mask).sum(1).long()
        slots = torch.zeros(count, max(capacity, int(slot.max()) + 1)).scatter(1, slot[:, None], 1.0)[:, :capacity]
        dispatch = torch.einsum("ne,nc->nec", mask, slots)
        inputs = torch.einsum("nec,nd->ecd", dispatch, tokens)
        outputs = torch.relu(inputs @ self.wi + self.bi) @ self.wo + self.bo
        combine = dispatch * (probs * mask).sum(1)[:, None, None]
        aux = self.alpha * experts * torch.dot(mask.mean(0), probs.mean(0))
        return torch.einsum("nec,ecd->nd", combine, outputs).reshape(x.shape), aux


def load_weights(layer: SwitchLayer, weights: dict[str, Tensor]) -> None:
    layer.gating.data = weights["router"].T.clone()
    layer.wi.data, layer.bi.data = weights["w1"].mT.contiguous(), weights["b1"][:, None].clone()
    layer.wo.data, layer.bo.data = weights["w2"].mT.contiguous(), weights["b2"][:, None].clone()
