# fails: lstm-step, sequence, lengths, gradients, far
# mistake: coupled
"""What is let in must go out: a forget gate of 1 - i."""

from collections.abc import Callable

import torch
from torch import Tensor

Weights = dict[str, Tensor]
State = tuple[Tensor, ...]


def lstm_step(x: Tensor, state: State, weights: Weights) -> State:
    """x (B, I), h and c (B, H) -> the next h and c."""
    h, c = state
    from_x = x @ weights["weight_ih_l0"].mT + weights["bias_ih_l0"]  # (B, 4·H)
    from_h = h @ weights["weight_hh_l0"].mT + weights["bias_hh_l0"]
    i, _, g, o = (from_x + from_h).chunk(4, dim=-1)  # in torch's order
    c = (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()  # what stays of the old, and what is let in of the new
    return o.sigmoid() * c.tanh(), c


def gru_step(x: Tensor, h: Tensor, weights: Weights) -> Tensor:
    """x (B, I), h (B, H) -> the next h."""
    from_x = x @ weights["weight_ih_l0"].mT + weights["bias_ih_l0"]  # (B, 3·H)
    from_h = h @ weights["weight_hh_l0"].mT + weights["bias_hh_l0"]
    (rx, zx, nx), (rh, zh, nh) = from_x.chunk(3, dim=-1), from_h.chunk(3, dim=-1)
    r, z = (rx + rh).sigmoid(), (zx + zh).sigmoid()
    n = (nx + r * nh).tanh()  # reset behind the matrix and its bias: torch's variant, one product for all gates
    return (1 - z) * n + z * h


def run(
    step: Callable[[Tensor, State], State], x: Tensor, state: State, lengths: Tensor | None
) -> tuple[Tensor, State]:
    outputs = []
    for t in range(x.size(1)):
        moved = step(x[:, t], state)
        if lengths is None:
            state = moved
            outputs.append(state[0])
        else:
            going = (t < lengths)[:, None]  # (B, 1): which rows have not ended
            state = tuple(torch.where(going, new, old) for new, old in zip(moved, state, strict=True))
            outputs.append(state[0] * going)
    return torch.stack(outputs, dim=1), state


def zeros(x: Tensor, weights: Weights) -> Tensor:
    return x.new_zeros(len(x), weights["weight_hh_l0"].size(1))  # (B, H)


def run_lstm(
    x: Tensor, state: State | None, weights: Weights, lengths: Tensor | None = None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """x (B, T, I) -> the outputs (B, T, H) and the last h and c."""
    first = (zeros(x, weights), zeros(x, weights)) if state is None else state
    return run(lambda x, state: lstm_step(x, state, weights), x, first, lengths)


def run_gru(x: Tensor, h: Tensor | None, weights: Weights, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """x (B, T, I) -> the outputs (B, T, H) and the last h."""
    first = zeros(x, weights) if h is None else h
    outputs, (last,) = run(lambda x, state: (gru_step(x, state[0], weights),), x, (first,), lengths)
    return outputs, last


def both_ways(x: Tensor, forward: Weights, backward: Weights, lengths: Tensor) -> Tensor:
    """A GRU forwards and another backwards: x (B, T, I) -> (B, T, 2·H)."""
    t = torch.arange(x.size(1))
    turned = torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)[..., None]  # (B, T, 1): its own inverse
    ahead, _ = run_gru(x, None, forward, lengths)
    back, _ = run_gru(x.take_along_dim(turned, 1), None, backward, lengths)
    return torch.cat([ahead, back.take_along_dim(turned, 1)], dim=-1)


def fresh_lstm(inputs: int, hidden: int) -> Weights:
    weights = {}
    for name, columns in (("ih", inputs), ("hh", hidden)):
        bound = hidden**-0.5
        weights[f"weight_{name}_l0"] = torch.empty(4 * hidden, columns).uniform_(-bound, bound)
        weights[f"bias_{name}_l0"] = torch.zeros(4 * hidden)
    weights["bias_ih_l0"][hidden : 2 * hidden] = 1.0  # the second quarter is the forget gate's
    return weights
