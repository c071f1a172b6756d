"""Attention in einsum."""

import torch


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    d = q.shape[-1]
    logits = torch.einsum("bhid,bhjd->bhij", q, k) * d**-0.5
    return torch.einsum("bhij,bhjd->bhid", logits.softmax(-1), v)
