"""Gate by gate and row by row, with einsum; rows are cut to their length and padded again."""

import torch
from torch.nn.functional import pad


def gates(x, h, w, count):
    size = h.shape[-1]
    for k in range(count):
        rows = slice(k * size, (k + 1) * size)
        from_x = torch.einsum("bi,hi->bh", x, w["weight_ih_l0"][rows]) + w["bias_ih_l0"][rows]
        yield from_x, torch.einsum("bg,hg->bh", h, w["weight_hh_l0"][rows]) + w["bias_hh_l0"][rows]


def lstm_step(x, state, weights):
    h, c = state
    i, f, g, o = (a + b for a, b in gates(x, h, weights, 4))
    new = c / (1 + torch.exp(-f)) + torch.tanh(g) / (1 + torch.exp(-i))
    return [torch.tanh(new) / (1 + torch.exp(-o)), new]


def gru_step(x, h, weights):
    r, z, n = gates(x, h, weights, 3)
    reset, update = torch.sigmoid(sum(r)), torch.sigmoid(sum(z))
    fresh = torch.tanh(n[0] + reset * n[1])
    return fresh + update * (h - fresh)


def by_rows(step, x, states, lengths):
    if lengths is None:
        lengths = torch.full((len(x),), x.shape[1])
    outputs, last = [], []
    for b, length in enumerate(lengths.tolist()):
        state, row = [s[b : b + 1] for s in states], []
        for t in range(length):
            state = step(x[b : b + 1, t], state)
            row.append(state[0])
        outputs.append(pad(torch.cat(row), (0, 0, 0, x.shape[1] - length)))
        last.append(state)
    return torch.stack(outputs), [torch.cat(column) for column in zip(*last, strict=True)]


def run_lstm(x, state, weights, lengths=None):
    empty = torch.zeros(len(x), weights["weight_hh_l0"].shape[1])
    outputs, last = by_rows(lambda x, s: lstm_step(x, s, weights), x, state or (empty, empty), lengths)
    return outputs, tuple(last)


def run_gru(x, h, weights, lengths=None):
    h = torch.zeros(len(x), weights["weight_hh_l0"].shape[1]) if h is None else h
    outputs, last = by_rows(lambda x, s: [gru_step(x, s[0], weights)], x, [h], lengths)
    return outputs, last[0]


def both_ways(x, forward, backward, lengths):
    turned = torch.zeros_like(x)
    for b, length in enumerate(lengths.tolist()):
        turned[b, :length] = x[b, :length].flip(0)
    back, _ = run_gru(turned, None, backward, lengths)
    rows = [torch.cat([row[:n].flip(0), row[n:]]) for row, n in zip(back, lengths.tolist(), strict=True)]
    return torch.cat([run_gru(x, None, forward, lengths)[0], torch.stack(rows)], dim=2)


def fresh_lstm(inputs, hidden):
    forget = torch.zeros(4, hidden)
    forget[1] = 0.5
    return {
        "weight_ih_l0": torch.randn(4 * hidden, inputs) / hidden**0.5,
        "weight_hh_l0": torch.cat([torch.nn.init.orthogonal_(torch.empty(hidden, hidden)) for _ in range(4)]),
        "bias_ih_l0": forget.flatten(),
        "bias_hh_l0": forget.flatten().clone(),
    }
