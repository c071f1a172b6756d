"""Attention in loops over sequences and heads."""

import torch


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    d = q.shape[-1]
    out = torch.empty_like(q)
    for b in range(q.shape[0]):
        for h in range(q.shape[1]):
            out[b, h] = torch.softmax(q[b, h] @ k[b, h].T / d**0.5, -1) @ v[b, h]
    return out
