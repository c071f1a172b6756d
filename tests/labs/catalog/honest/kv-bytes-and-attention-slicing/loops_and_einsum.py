"""Plain loops for the counts, einsum for the products, and the weights of merging by a softmax over both halves."""

import torch


def kv_bytes(config, batch, tokens, value_bytes=2):
    heads = config["num_key_value_heads"]
    if heads is None:
        heads = config["num_attention_heads"]
    width = config["head_dim"]
    if width is None:
        width = config["hidden_size"] // config["num_attention_heads"]
    total = 0
    for layer in range(config["num_hidden_layers"]):
        held = tokens
        if config["layer_types"] is not None and config["layer_types"][layer] == "sliding_attention":
            held = min(held, config["sliding_window"] - 1)
        total += held * heads * width * batch * value_bytes * 2
    return total


def cache_bytes(cache):
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


def paged(lengths, block, longest):
    pages = waste = reserved = 0
    for length in lengths.tolist():
        needed = (length + block - 1) // block
        pages += needed
        waste += needed * block - length
        reserved += longest - length
    return pages, waste, reserved


def read_pages(pool, table, length):
    size = pool.shape[1]
    return torch.stack([pool[table[place // size], place % size] for place in range(length)])


def sliced_attention(q, k, v, size):
    parts = []
    for part in q.split(size, dim=2):
        weights = torch.softmax(torch.einsum("bhtd,bhsd->bhts", part, k) * part.shape[-1] ** -0.5, dim=-1)
        parts.append(torch.einsum("bhts,bhse->bhte", weights, v))
    return torch.cat(parts, dim=2)


def merge(out_a, lse_a, out_b, lse_b):
    both = torch.stack([lse_a, lse_b], dim=-1)
    share = both.softmax(-1)
    out = torch.einsum("bhtn,nbhte->bhte", share, torch.stack([out_a, out_b]))
    return out, both.logsumexp(-1)


def chunked_attention(q, k, v, size, causal=False):
    t, d = q.shape[2:]
    answers, sums = [], []
    q = q * d**-0.5
    for i in range(0, t, size):
        rows = q[:, :, i : i + size]
        out, lse = None, None
        for j in range(0, k.shape[2], size):
            if causal and j > i + rows.shape[2] - 1:
                break
            scores = torch.einsum("bhtd,bhsd->bhts", rows, k[:, :, j : j + size])
            if causal:
                ahead = torch.arange(i, i + rows.shape[2])[:, None] < torch.arange(j, min(j + size, k.shape[2]))
                scores = scores.masked_fill(ahead, -1e30)
            found = torch.einsum("bhts,bhse->bhte", scores.softmax(-1), v[:, :, j : j + size])
            part = scores.logsumexp(-1)
            out, lse = (found, part) if out is None else merge(out, lse, found, part)
        answers.append(out)
        sums.append(lse)
    return torch.cat(answers, dim=2), torch.cat(sums, dim=2)
