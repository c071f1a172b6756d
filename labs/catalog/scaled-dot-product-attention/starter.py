"""Scaled dot-product attention. Write `attention`; README.md says what it must do."""

import torch


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Attend from every query to every key: q, k, v (B, H, T, D) -> (B, H, T, D), float32."""
    # 1. logits (B, H, T, T): how well does each query match each key?
    # 2. weights (B, H, T, T): each query's logits as shares that sum to one over the keys
    # 3. output (B, H, T, D): for each query, the values averaged with those shares
    raise NotImplementedError("attention is still to be written: start with the logits, q @ k.transpose(-2, -1)")
