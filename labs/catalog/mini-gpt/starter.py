"""A small GPT. The README holds the contract; six places are marked TODO."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

# from mine import TransformerBlock
# from mine.block import load_weights as load_block


class GPT(nn.Module):
    """Token ids (B, T) -> logits (B, T, V) for the token after each."""

    def __init__(self, vocab: int, width: int, heads: int, layers: int, context: int) -> None:
        super().__init__()
        self.tokens = nn.Parameter(0.1 * torch.randn(vocab, width))
        self.positions = nn.Parameter(0.1 * torch.randn(context, width))
        self.sizes = {"heads": heads, "layers": layers}
        # TODO 1: an nn.ModuleList of your blocks, d_ff = 4 · width, and a last nn.LayerNorm.

    def forward(self, ids: Tensor) -> Tensor:  # (B, T) -> (B, T, V)
        raise NotImplementedError("TODO 1: tokens plus positions, the blocks, the norm, and the table again")


def load_weights(model: GPT, weights: dict[str, Any]) -> None:
    """Copy tokens, positions, norm_gain, norm_bias and every block's sixteen arrays into your model."""
    # TODO 2


def weights_of(model: GPT) -> dict[str, Any]:
    """The same arrays under the same names, detached."""
    raise NotImplementedError("TODO 2: write load_weights, and weights_of as the way back")


def loss(logits: Tensor, ids: Tensor) -> Tensor:
    """Mean cross-entropy of logits (B, T, V) at each place against the token (B, T) at the next."""
    raise NotImplementedError("TODO 3: which logits are held against which tokens?")


def make_optimiser(model: GPT, weight_decay: float) -> torch.optim.Optimizer:
    raise NotImplementedError("TODO 4: AdamW with two groups, one of which does not decay")


def rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    raise NotImplementedError("TODO 4: a straight line up, then half a cosine down to the floor")


def train_step(model: GPT, optimiser: torch.optim.Optimizer, ids: Tensor, lr: float, max_norm: float) -> float:
    """Set the rate, take one clipped step on the loss of ids (B, T), return the loss from before it."""
    raise NotImplementedError("TODO 4: set the rate, then loss, zero_grad, backward, clipping, step")


def train(model: GPT, ids: Tensor, report: Callable[..., None]) -> list[float]:
    """Train on a text of token ids (N,); report(step=…, loss=…) as often as you like. Returns the losses."""
    raise NotImplementedError("TODO 5: draw windows of the text and call train_step")


def generate(
    model: GPT, ids: Tensor, count: int, temperature: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """ids (B, T) and `count` tokens more, (B, T + count); temperature 0 takes the likeliest."""
    raise NotImplementedError("TODO 6: predict, choose, append, again")
