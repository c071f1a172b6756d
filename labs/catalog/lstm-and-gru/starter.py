"""LSTM and GRU from their equations. The README holds the contract; five places are marked TODO."""

import torch
from torch import Tensor

Weights = dict[str, Tensor]


def lstm_step(x: Tensor, state: tuple[Tensor, Tensor], weights: Weights) -> tuple[Tensor, Tensor]:
    """x (B, I), h and c (B, H) -> the next h and c."""
    raise NotImplementedError("TODO 1: four gates in the order i, f, g, o, then the cell, then the output")


def gru_step(x: Tensor, h: Tensor, weights: Weights) -> Tensor:
    """x (B, I), h (B, H) -> the next h."""
    raise NotImplementedError("TODO 2: r and z, then the candidate n, then the mixture of n and h")


def run_lstm(
    x: Tensor, state: tuple[Tensor, Tensor] | None, weights: Weights, lengths: Tensor | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """x (B, T, I) -> the outputs (B, T, H) and the last h and c."""
    raise NotImplementedError("TODO 3: a loop over T; rows that have ended keep their state")


def run_gru(x: Tensor, h: Tensor | None, weights: Weights, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """x (B, T, I) -> the outputs (B, T, H) and the last h."""
    raise NotImplementedError("TODO 3: the same loop with the other cell")


def both_ways(x: Tensor, forward: Weights, backward: Weights, lengths: Tensor) -> Tensor:
    """A GRU forwards and another backwards: x (B, T, I) -> (B, T, 2·H)."""
    raise NotImplementedError("TODO 4: turn each row around within its length, run, and turn back")


def fresh_lstm(inputs: int, hidden: int) -> Weights:
    """Weights to begin training with."""
    weights = {"weight_ih_l0": torch.zeros(4 * hidden, inputs), "bias_ih_l0": torch.zeros(4 * hidden)}
    raise NotImplementedError(
        f"TODO 5: draw what is zero in {list(weights)}, add the two others, and think of the forget gates"
    )
