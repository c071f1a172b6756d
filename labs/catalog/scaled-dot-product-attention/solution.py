"""Scaled dot-product attention, the reference."""

import math

import torch


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Attend from every query to every key: q, k, v (B, H, T, D) -> (B, H, T, D)."""
    d = q.shape[-1]
    logits = q @ k.transpose(-2, -1) / math.sqrt(d)
    # (B, H, T, T): one row for every query, one logit in it for every key
    weights = torch.softmax(logits, dim=-1)
    # each row is now non-negative and sums to one over the keys
    return weights @ v
    # (B, H, T, D): for every query a weighted average of the value vectors
