"""Both cells in float64, gate by gate and row by row, with a field for each thing that people get wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Weights = dict[str, Tensor]
NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def parts(weights: Weights, order: str) -> dict[str, tuple[Tensor, ...]]:
    """The four arrays of each gate, for gates stacked in this order."""
    chunks = [weights[name].chunk(len(order)) for name in NAMES]
    return {gate: tuple(chunk[i] for chunk in chunks) for i, gate in enumerate(order)}


@dataclass(frozen=True)
class Lstm:
    """One LSTM; `state` is h and c, joined as (2, B, H)."""

    order: str = "ifgo"
    squash: Callable[[Tensor], Tensor] = torch.tanh
    out: Callable[[Tensor], Tensor] = torch.tanh
    biases: tuple[float, float] = (1.0, 1.0)
    coupled: bool = False
    shown: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda h, c: (h, c)

    size: int = 2

    def step(self, w: Weights, x: Tensor, state: Tensor) -> Tensor:
        h, c = state
        z = {gate: self.drive(arrays, x, h) for gate, arrays in parts(w, self.order).items()}
        i, f, o = (torch.sigmoid(z[gate]) for gate in "ifo")
        f = 1 - i if self.coupled else f
        c = f * c + i * self.squash(z["g"])
        return torch.stack(self.shown(o * self.out(c), c))

    def drive(self, arrays: tuple[Tensor, ...], x: Tensor, h: Tensor) -> Tensor:
        inner, outer = self.biases
        return x @ arrays[0].mT + inner * arrays[2] + h @ arrays[1].mT + outer * arrays[3]


@dataclass(frozen=True)
class Gru:
    """One GRU; `state` is h as (1, B, H)."""

    order: str = "rzn"
    squash: Callable[[Tensor], Tensor] = torch.tanh
    flipped: bool = False
    reset: str = "behind"  # the matrix; or "before" it; or "weights" alone, not the bias; or "never"
    biases: tuple[float, float] = (1.0, 1.0)

    size: int = 1

    def step(self, w: Weights, x: Tensor, state: Tensor) -> Tensor:
        h, gates = state[0], parts(w, self.order)
        r, z = (torch.sigmoid(Lstm(biases=self.biases).drive(gates[gate], x, h)) for gate in "rz")
        w_in, w_hn, b_in, b_hn = gates["n"]
        b_in, b_hn = self.biases[0] * b_in, self.biases[1] * b_hn
        pulled = {
            "behind": lambda: r * (h @ w_hn.mT + b_hn),
            "before": lambda: (r * h) @ w_hn.mT + b_hn,
            "weights": lambda: r * (h @ w_hn.mT) + b_hn,
            "never": lambda: h @ w_hn.mT + b_hn,
        }[self.reset]()
        n = self.squash(x @ w_in.mT + b_in + pulled)
        kept = 1 - z if self.flipped else z
        return (kept * h + (1 - kept) * n)[None]


Cell = Any  # Lstm or Gru


def width(w: Weights) -> int:
    return w["weight_hh_l0"].size(1)


def zeros(cell: Cell, w: Weights, rows: int) -> Tensor:
    return torch.zeros(cell.size, rows, width(w), dtype=torch.float64)


def run(cell: Cell, w: Weights, x: Tensor, state: Tensor | None, lengths: list[int]) -> tuple[Tensor, Tensor]:
    """x (B, T, I) -> outputs (B, T, H), zero behind each row's length, and the states (size, B, H) at those lengths."""
    state = zeros(cell, w, len(x)) if state is None else state
    outputs, last = [], []
    for b, length in enumerate(lengths):
        now, row = state[:, b : b + 1], []
        for t in range(length):
            now = cell.step(w, x[b : b + 1, t], now)
            row.append(now[0])
        empty = torch.zeros(x.size(1) - length, width(w), dtype=torch.float64)
        outputs.append(torch.cat([*row, empty]))
        last.append(now)
    return torch.stack(outputs), torch.cat(last, dim=1)


def there_and_back(cell: Cell, forward: Weights, backward: Weights, x: Tensor, lengths: list[int]) -> Tensor:
    """(B, T, I) -> (B, T, 2·H): each row forwards, and backwards from its own end."""
    turned = turn(x, lengths)
    ahead, _ = run(cell, forward, x, None, lengths)
    back, _ = run(cell, backward, turned, None, lengths)
    return torch.cat([ahead, turn(back, lengths)], dim=-1)


def turn(x: Tensor, lengths: list[int]) -> Tensor:
    """Each row turned around within its length."""
    rows = [torch.cat([row[:length].flip(0), row[length:]]) for row, length in zip(x, lengths, strict=True)]
    return torch.stack(rows)


def arriving(w: Weights, x: Tensor, step: Callable[[Weights, Tensor, Tensor], Tensor]) -> Tensor:
    """The norm of the gradient of the last state's sum by the state k steps before, for k = 0, 1, …: x (B, T, I)."""
    states = [torch.zeros(2, len(x), width(w), dtype=torch.float64).requires_grad_()]
    for t in range(x.size(1)):
        states.append(step(w, x[:, t], states[-1]))
    found = torch.autograd.grad(states[-1].sum(), states)
    return torch.stack([gradient.norm() for gradient in reversed(found)])
