"""Fused projections, torch's attention with a float mask, a cache filled in place, top-p by a loop over rows."""

import torch
from torch.nn import functional


def forward(weights, ids, heads, cache=None, pads=None):
    layers, width = weights["layers"], weights["tokens"].shape[1]
    b, t = ids.shape
    s = 0 if cache is None else cache["k"].size(-2)
    held = {name: torch.empty(len(layers), b, heads, s + t, width // heads) for name in "kv"}
    if cache is not None:
        for name in "kv":
            held[name][..., :s, :] = cache[name]
    shift = torch.zeros(b, 1, dtype=torch.long) if pads is None else pads.view(-1, 1)
    at = torch.arange(s, s + t).expand(b, t)
    bias = torch.zeros(b, 1, t, s + t)
    for row in range(b):
        for query in range(t):
            bias[row, 0, query, s + query + 1 :] = -1e9
            bias[row, 0, query, : int(shift[row])] = -1e9
    x = functional.embedding(ids, weights["tokens"]) + weights["positions"][torch.relu(at - shift)]
    for number, layer in enumerate(layers):
        fused = torch.cat([layer["wq"], layer["wk"], layer["wv"]])
        q, k, v = functional.linear(functional.layer_norm(x, (width,)), fused).view(b, t, 3, heads, -1).unbind(2)
        held["k"][number][..., s:, :] = k.transpose(1, 2)
        held["v"][number][..., s:, :] = v.transpose(1, 2)
        y = functional.scaled_dot_product_attention(q.transpose(1, 2), held["k"][number], held["v"][number], bias)
        x = x + functional.linear(y.transpose(1, 2).reshape(b, t, width), layer["wo"])
        hidden = functional.gelu(functional.linear(functional.layer_norm(x, (width,)), layer["w1"]))
        x = x + functional.linear(hidden, layer["w2"])
    return functional.layer_norm(x, (width,)) @ weights["tokens"].mT, held


def distribution(logits, temperature=1.0, top_k=None, top_p=None):
    if temperature == 0:
        return functional.one_hot(logits.argmax(-1), logits.size(-1)).float()
    p = torch.softmax(logits / temperature, -1)
    if top_k:
        keep = torch.zeros_like(p, dtype=torch.bool)
        keep.scatter_(1, p.topk(top_k, dim=1).indices, value=True)
        p = functional.normalize(p * keep, p=1, dim=1)
    if top_p is not None:
        for row in p:
            held = 0.0
            for token in row.argsort(descending=True).tolist():
                value = row[token].item()
                if held >= top_p:
                    row[token] = 0
                held += value
        p = p / p.sum(1, keepdim=True)
    return p


def generate(weights, ids, heads, steps):
    new, cache = ids, None
    for _ in range(steps):
        logits, cache = forward(weights, new, heads, cache)
        new = distribution(logits[:, -1], temperature=0).argmax(-1)[:, None]
        ids = torch.hstack([ids, new])
    return ids
