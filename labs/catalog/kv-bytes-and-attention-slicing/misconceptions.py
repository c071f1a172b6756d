"""What people get wrong: the count with one ingredient changed, and attention in pieces that are put together badly."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from reference import Config, Count, attention, log_sums, scores

RIGHT = Count()
BYTES: list[tuple[str, str, Count]] = [
    (
        "query-heads",
        "bytes with the query heads instead of the key heads",
        replace(RIGHT, heads=lambda c: c["num_attention_heads"]),
    ),
    ("keys-alone", "bytes of the keys alone", replace(RIGHT, tensors=1)),
    ("one-row", "bytes of one row", replace(RIGHT, rows=lambda _: 1)),
    ("always-two-bytes", "bytes with two for each value", replace(RIGHT, size=lambda _: 2)),
    (
        "width-from-hidden",
        "bytes with a head's width from hidden_size although head_dim is given",
        replace(RIGHT, width=lambda c: c["hidden_size"] // c["num_attention_heads"]),
    ),
    (
        "width-by-key-heads",
        "bytes with hidden_size divided by the key heads",
        replace(RIGHT, width=lambda c: c["head_dim"] or c["hidden_size"] // RIGHT.heads(c)),
    ),
]


def whole_window(c: Config, kind: str, tokens: int) -> int:
    return min(tokens, c["sliding_window"]) if kind == "sliding_attention" else tokens


def everywhere(c: Config, _: str, tokens: int) -> int:
    return min(tokens, (c["sliding_window"] or tokens + 1) - 1)


WINDOWS: list[tuple[str, str, Count]] = [
    ("no-window", "bytes without any window", replace(RIGHT, window=lambda _c, _k, tokens: tokens)),
    ("whole-window", "bytes of whole windows: W tokens instead of W − 1", replace(RIGHT, window=whole_window)),
    ("every-layer", "bytes with the window in every layer", replace(RIGHT, window=everywhere)),
    *BYTES,
]


def all_rounded_together(lengths: Tensor, block: int, longest: int) -> list[int]:
    used = int(lengths.sum())
    needed = -(-used // block)
    return [needed, needed * block - used, len(lengths) * longest - used]


def one_page_more(lengths: Tensor, block: int, longest: int) -> list[int]:
    used, needed = int(lengths.sum()), sum(length // block + 1 for length in lengths.tolist())
    return [needed, needed * block - used, len(lengths) * longest - used]


PAGES = [
    ("rounded-together", "pages of all rows laid end to end", all_rounded_together),
    ("one-page-more", "a page more for rows that end on a page's edge", one_page_more),
]

Pieces = Callable[[Tensor, Tensor, Tensor, int, bool], Tensor]


def unscaled(q: Tensor, k: Tensor, v: Tensor, _size: int, causal: bool = False) -> Tensor:
    return scores(q, k, causal, scale=0.0).softmax(-1) @ v


def rest_dropped(q: Tensor, k: Tensor, v: Tensor, size: int, causal: bool) -> Tensor:
    kept = k.size(2) // size * size
    return scores(q, k, causal)[..., :kept].softmax(-1) @ v[:, :, :kept]


def averaged(q: Tensor, k: Tensor, v: Tensor, size: int, causal: bool) -> Tensor:
    table = scores(q, k, causal).split(size, dim=-1)
    parts = [part.softmax(-1).nan_to_num() @ piece for part, piece in zip(table, v.split(size, dim=2), strict=True)]
    return torch.stack(parts).mean(0)


def last_chunk(q: Tensor, k: Tensor, v: Tensor, size: int, causal: bool) -> Tensor:
    table = scores(q, k, causal).split(size, dim=-1)[-1]
    return table.softmax(-1).nan_to_num() @ v.split(size, dim=2)[-1]


def never_rescaled(q: Tensor, k: Tensor, v: Tensor, size: int, causal: bool) -> Tensor:
    """Each chunk is summed relative to the largest score so far, and what was summed before stays as it was."""
    table, total, out = scores(q, k, causal), 0.0, 0.0
    largest = table.cummax(-1).values
    for at, piece in enumerate(v.split(size, dim=2)):
        keys = slice(at * size, at * size + piece.size(2))
        weights = (table[..., keys] - largest[..., keys][..., -1:]).exp()
        total, out = total + weights.sum(-1, keepdim=True), out + weights @ piece
    return out / total


def mask_not_shifted(q: Tensor, k: Tensor, v: Tensor, size: int, causal: bool) -> Tensor:
    hidden = torch.arange(q.size(2))[:, None] < torch.arange(k.size(2)) % size
    return scores(q, k).masked_fill(hidden & causal, -torch.inf).softmax(-1) @ v


def mask_ignored(q: Tensor, k: Tensor, v: Tensor, _size: int, _causal: bool) -> Tensor:
    return attention(q, k, v)


CHUNKS: list[tuple[str, str, Pieces]] = [
    ("unscaled", "attention without 1/√d", unscaled),
    ("rest-dropped", "attention without the keys that do not fill a chunk", rest_dropped),
    ("averaged", "the mean of the chunks' own answers", averaged),
    ("last-chunk", "the answer of the last chunk alone", last_chunk),
    ("never-rescaled", "attention whose earlier sums are not scaled down to the new maximum", never_rescaled),
    ("mask-not-shifted", "attention with a mask that starts anew in each chunk", mask_not_shifted),
    ("mask-ignored", "attention without the mask", mask_ignored),
]


def queries_dropped(q: Tensor, k: Tensor, v: Tensor, size: int) -> Tensor:
    out = attention(q, k, v)
    out[:, :, q.size(2) // size * size :] = 0
    return out


def over_queries(q: Tensor, k: Tensor, v: Tensor, size: int) -> Tensor:
    parts = scores(q, k).split(size, dim=2)
    return torch.cat([part.softmax(2) @ v for part in parts], dim=2)


SLICES: list[tuple[str, str, Callable[[Tensor, Tensor, Tensor, int], Tensor]]] = [
    ("unscaled", "attention without 1/√d", unscaled),
    ("queries-dropped", "zeros for the queries that do not fill a slice", queries_dropped),
    ("over-queries", "softmax over the queries of a slice", over_queries),
]


def sum_of_exponentials(q: Tensor, k: Tensor) -> Tensor:
    return log_sums(q, k).exp()


def largest_score(q: Tensor, k: Tensor) -> Tensor:
    return scores(q, k).amax(-1)


def without_largest(q: Tensor, k: Tensor) -> Tensor:
    return log_sums(q, k) - largest_score(q, k)


LOG_SUMS = [
    ("not-logarithms", "the sums of exponentials themselves", sum_of_exponentials),
    ("largest", "the largest score of each query", largest_score),
    ("relative", "logarithms of the sums relative to the largest score", without_largest),
    ("unscaled", "the logarithms for scores without 1/√d", lambda q, k: scores(q, k, scale=0.0).logsumexp(-1)),
]
