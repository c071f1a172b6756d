# fails: prefill, cache, step, chunk, padding, temperature, top-k, top-p, together, greedy
# baseline: zeros, uniform probabilities, and the prompt repeated
"""Trivial baseline: zeros, uniform probabilities, and the prompt repeated."""

import torch


def forward(weights, ids, heads, cache=None, pads=None):
    del pads
    width = weights["tokens"].shape[1] // heads
    past = 0 if cache is None else cache["k"].shape[3]
    held = torch.zeros(len(weights["layers"]), len(ids), heads, past + ids.shape[1], width)
    return torch.zeros(*ids.shape, len(weights["tokens"])), {"k": held, "v": held.clone()}


def distribution(logits, temperature=1.0, top_k=None, top_p=None):
    del temperature, top_k, top_p
    return torch.full_like(logits, 1 / logits.shape[1])


def generate(weights, ids, heads, steps):
    del weights, heads
    return torch.cat([ids, ids[:, -1:].expand(-1, steps)], dim=1)
