"""Attention with a softmax of its own."""

import torch


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    d = q.shape[-1]
    s = q @ k.mT / d**0.5
    e = (s - s.amax(-1, keepdim=True)).exp()
    return e @ v / e.sum(-1, keepdim=True)
