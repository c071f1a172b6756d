"""What people compute instead: a cell with one ingredient changed, or a sequence handled otherwise."""

import torch
from torch import Tensor

from reference import Cell, Gru, Lstm, Weights, run, turn

LSTMS = [
    ("order-ifog", "gates taken in the order i, f, o, g", Lstm(order="ifog")),
    ("order-figo", "gates taken in the order f, i, g, o", Lstm(order="figo")),
    ("order-fiog", "gates taken in the order f, i, o, g", Lstm(order="fiog")),
    ("sigmoid-candidate", "a candidate through a sigmoid", Lstm(squash=torch.sigmoid)),
    ("bare-candidate", "a candidate without tanh", Lstm(squash=lambda z: z)),
    ("bare-output", "an output o · c without tanh", Lstm(out=lambda c: c)),
    ("coupled", "a forget gate that is 1 − i", Lstm(coupled=True)),
    ("no-biases", "an LSTM without biases", Lstm(biases=(0.0, 0.0))),
    ("one-bias", "an LSTM without bias_hh", Lstm(biases=(1.0, 0.0))),
    ("state-swapped", "h and c exchanged", Lstm(shown=lambda h, c: (c, h))),
]
GRUS = [
    ("flipped", "the update gate of the paper's other convention, z · n + (1 − z) · h", Gru(flipped=True)),
    ("reset-before", "the reset gate before the matrix, as in the paper", Gru(reset="before")),
    ("reset-weights", "the reset gate on the matrix alone, not on its bias", Gru(reset="weights")),
    ("no-reset", "a GRU without its reset gate", Gru(reset="never")),
    ("order-zrn", "gates taken in the order z, r, n", Gru(order="zrn")),
    ("sigmoid-candidate", "a candidate through a sigmoid", Gru(squash=torch.sigmoid)),
    ("no-biases", "a GRU without biases", Gru(biases=(0.0, 0.0))),
    ("one-bias", "a GRU without bias_hh", Gru(biases=(1.0, 0.0))),
]


def through_padding(
    cell: Cell, w: Weights, x: Tensor, state: Tensor | None, lengths: list[int]
) -> tuple[Tensor, Tensor]:
    """Everything is run to the end, as if there were no lengths."""
    return run(cell, w, x, state, [x.size(1)] * len(lengths))


def outputs_alone(cell: Cell, w: Weights, x: Tensor, state: Tensor | None, lengths: list[int]) -> tuple[Tensor, Tensor]:
    """The outputs are zeroed, and the states walk on through the padding."""
    return run(cell, w, x, state, lengths)[0], through_padding(cell, w, x, state, lengths)[1]


def states_alone(cell: Cell, w: Weights, x: Tensor, state: Tensor | None, lengths: list[int]) -> tuple[Tensor, Tensor]:
    """The states stop where they should, and the outputs repeat the last one."""
    outputs, last = run(cell, w, x, state, lengths)
    behind = torch.arange(x.size(1))[None, :, None] >= torch.tensor(lengths)[:, None, None]
    return torch.where(behind, last[0][:, None], outputs), last


def one_less(cell: Cell, w: Weights, x: Tensor, state: Tensor | None, lengths: list[int]) -> tuple[Tensor, Tensor]:
    """Each row ends one step early."""
    return run(cell, w, x, state, [length - 1 for length in lengths])


PADDED = [
    ("through-padding", "a run through the padding", through_padding),
    ("outputs-alone", "a run whose outputs stop at the length while its state walks on", outputs_alone),
    ("states-alone", "a run whose state stops at the length while its outputs go on", states_alone),
    ("one-less", "a run that ends one step early", one_less),
]


def turned_whole(cell: Cell, forward: Weights, backward: Weights, x: Tensor, lengths: list[int]) -> Tensor:
    """The whole padded row is turned around."""
    back, _ = run(cell, backward, x.flip(1), None, [x.size(1)] * len(lengths))
    inside = torch.arange(x.size(1))[None, :, None] < torch.tensor(lengths)[:, None, None]
    return torch.cat([run(cell, forward, x, None, lengths)[0], back.flip(1) * inside], dim=-1)


def not_turned_back(cell: Cell, forward: Weights, backward: Weights, x: Tensor, lengths: list[int]) -> Tensor:
    back, _ = run(cell, backward, turn(x, lengths), None, lengths)
    return torch.cat([run(cell, forward, x, None, lengths)[0], back], dim=-1)


def twice_forwards(cell: Cell, forward: Weights, backward: Weights, x: Tensor, lengths: list[int]) -> Tensor:
    return torch.cat([run(cell, w, x, None, lengths)[0] for w in (forward, backward)], dim=-1)


def halves_swapped(cell: Cell, forward: Weights, backward: Weights, x: Tensor, lengths: list[int]) -> Tensor:
    back, _ = run(cell, backward, turn(x, lengths), None, lengths)
    return torch.cat([turn(back, lengths), run(cell, forward, x, None, lengths)[0]], dim=-1)


WAYS = [
    ("turned-whole", "rows turned around with their padding", turned_whole),
    ("not-turned-back", "outputs of the way back in the order in which they came", not_turned_back),
    ("twice-forwards", "two ways forwards", twice_forwards),
    ("halves-swapped", "the way back in the first half", halves_swapped),
]
