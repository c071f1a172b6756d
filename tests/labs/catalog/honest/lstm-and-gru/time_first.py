"""All inputs go through their matrix at once; the loop runs over time, states are blended by a float mask."""

import torch
from torch.nn import functional


def lstm_cells(from_x, h, c, w):
    z = from_x + functional.linear(h, w["weight_hh_l0"], w["bias_hh_l0"])
    i, f, g, o = z.view(len(z), 4, -1).unbind(1)
    c = torch.sigmoid(f).mul(c).addcmul(torch.sigmoid(i), torch.tanh(g))
    return torch.sigmoid(o) * torch.tanh(c), c


def gru_cells(from_x, h, w):
    (rx, zx, nx), (rh, zh, nh) = (
        z.view(len(z), 3, -1).unbind(1) for z in (from_x, functional.linear(h, w["weight_hh_l0"], w["bias_hh_l0"]))
    )
    n = torch.tanh(torch.addcmul(nx, torch.sigmoid(rx + rh), nh))
    return torch.lerp(n, h, torch.sigmoid(zx + zh))


def lstm_step(x, state, weights):
    return lstm_cells(functional.linear(x, weights["weight_ih_l0"], weights["bias_ih_l0"]), *state, weights)


def gru_step(x, h, weights):
    return gru_cells(functional.linear(x, weights["weight_ih_l0"], weights["bias_ih_l0"]), h, weights)


def walk(cells, x, state, weights, lengths):
    from_x = functional.linear(x, weights["weight_ih_l0"], weights["bias_ih_l0"]).transpose(0, 1)  # (T, B, G·H)
    outputs = []
    for t, row in enumerate(from_x):
        going = 1.0 if lengths is None else (lengths > t).float()[:, None]
        state = [going * new + (1 - going) * old for new, old in zip(cells(row, *state), state, strict=True)]
        outputs.append(going * state[0])
    return torch.stack(outputs).transpose(0, 1), state


def nothing(x, weights, count):
    return [torch.zeros(x.size(0), weights["bias_hh_l0"].numel() // count) for _ in range(2 if count == 4 else 1)]


def run_lstm(x, state, weights, lengths=None):
    start = nothing(x, weights, 4) if state is None else state
    outputs, (h, c) = walk(lambda z, h, c: lstm_cells(z, h, c, weights), x, start, weights, lengths)
    return outputs, (h, c)


def run_gru(x, h, weights, lengths=None):
    start = nothing(x, weights, 3) if h is None else [h]
    outputs, (last,) = walk(lambda z, h: [gru_cells(z, h, weights)], x, start, weights, lengths)
    return outputs, last


def both_ways(x, forward, backward, lengths):
    """Backwards: from the last place to the first, with a state that stays zero until a row begins."""
    h, back = nothing(x, backward, 3)[0], []
    for t in reversed(range(x.size(1))):
        h = gru_step(x[:, t], h, backward) * (t < lengths)[:, None]
        back.insert(0, h)
    return torch.cat([run_gru(x, None, forward, lengths)[0], torch.stack(back, 1)], -1)


def fresh_lstm(inputs, hidden):
    weights = {"weight_ih_l0": torch.empty(4 * hidden, inputs), "weight_hh_l0": torch.empty(4 * hidden, hidden)}
    for matrix in weights.values():
        torch.nn.init.uniform_(matrix, -(hidden**-0.5), hidden**-0.5)
    gates = torch.tensor([0.0, 1.0, 0.0, 0.0])
    return weights | {"bias_ih_l0": torch.zeros(4 * hidden), "bias_hh_l0": gates.repeat_interleave(hidden)}
