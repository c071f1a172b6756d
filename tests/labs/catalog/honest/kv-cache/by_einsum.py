"""Einsum, caches as lists per layer that are stacked at the end, masks made row by row, own softmax."""

import torch
from torch.nn.functional import gelu


def norm(x):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt()


def shares(scores):
    scores = (scores - scores.amax(-1, keepdim=True)).exp()
    return scores / scores.sum(-1, keepdim=True)


def forward(weights, ids, heads, cache=None, pads=None):
    past = cache["k"].shape[3] if cache else 0
    places = torch.arange(past + ids.shape[1])
    mine = places[past:]
    left = torch.zeros(len(ids), dtype=torch.int64) if pads is None else pads
    hidden = torch.stack([(places > mine[:, None]) | ((places < n) & (mine[:, None] >= n)) for n in left])
    where = (mine[None] - left[:, None]).clamp_min(0)
    x = weights["tokens"][ids] + weights["positions"][where]
    keys, values = [], []
    for i, layer in enumerate(weights["layers"]):
        h = norm(x)
        parts = {}
        for name in "qkv":
            w = layer[f"w{name}"].unflatten(0, (heads, -1))
            parts[name] = torch.einsum("btd,hwd->bhtw", h, w)
        if cache:
            parts["k"] = torch.cat((cache["k"][i], parts["k"]), 2)
            parts["v"] = torch.cat((cache["v"][i], parts["v"]), 2)
        keys.append(parts["k"])
        values.append(parts["v"])
        scores = torch.einsum("bhtw,bhsw->bhts", parts["q"], parts["k"]) * parts["q"].shape[-1] ** -0.5
        scores = torch.where(hidden[:, None], torch.tensor(-1e9), scores)
        out = torch.einsum("bhts,bhsw->bthw", shares(scores), parts["v"]).reshape(x.shape)
        x = x + torch.einsum("btd,ed->bte", out, layer["wo"])
        x = x + torch.einsum("btf,df->btd", gelu(torch.einsum("btd,fd->btf", norm(x), layer["w1"])), layer["w2"])
    return torch.einsum("btd,vd->btv", norm(x), weights["tokens"]), {"k": torch.stack(keys), "v": torch.stack(values)}


def distribution(logits, temperature=1.0, top_k=None, top_p=None):
    order = logits.argsort(-1, descending=True)
    ranked = logits.gather(-1, order)
    if temperature == 0:
        p = torch.zeros_like(logits)
        p[:, 0] = 1
    else:
        p = shares(ranked / temperature)
        if top_k is not None:
            p[:, top_k:] = 0
            p /= p.sum(-1, keepdim=True)
        if top_p is not None:
            before = torch.cat([torch.zeros_like(p[:, :1]), p.cumsum(-1)[:, :-1]], -1)
            p = torch.where(before < top_p, p, 0)
            p /= p.sum(-1, keepdim=True)
    return torch.empty_like(p).scatter_(-1, order, p)


def generate(weights, ids, heads, steps):
    logits, cache = forward(weights, ids, heads)
    row = [ids]
    for _ in range(steps):
        row.append(logits[:, -1:].argmax(-1))
        logits, cache = forward(weights, row[-1], heads, cache)
    return torch.cat(row, 1)
