# fails: attention, mixing, feed-forward, pre-norm, post-norm, eps, causal, leak, gradients, parameters
# baseline: the input comes back
"""Trivial baseline: the input comes back."""

from torch import Tensor, nn


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.config = (d_model, n_heads, d_ff, pre_norm)

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        del causal
        return x


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    del block, weights
