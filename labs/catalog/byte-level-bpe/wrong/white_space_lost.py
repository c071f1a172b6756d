# fails: encode, unseen, there-and-back
# says: expected (character=
"""Pieces are words; white space is thrown away."""

import re
from collections import Counter
from itertools import pairwise

Pair = tuple[int, int]

PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+")
"""Letters, digits or other marks, each with a space before them; or white space. Every text is its pieces joined."""


def merged(ids: tuple[int, ...], pair: Pair, new: int) -> tuple[int, ...]:
    """Every occurrence of `pair` replaced, from left to right: (1, 1, 1) with pair (1, 1) gives (new, 1)."""
    out: list[int] = []
    i = 0
    while i < len(ids):
        if ids[i : i + 2] == pair:
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return tuple(out)


def train(text: str, merges: int) -> list[Pair]:
    words = Counter(tuple(piece.encode()) for piece in PIECE.findall(text))
    learnt: list[Pair] = []
    for new in range(256, 256 + merges):
        counts: Counter[Pair] = Counter()
        for ids, times in words.items():
            for pair in pairwise(ids):
                counts[pair] += times
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        learnt.append(best)
        replaced: Counter[tuple[int, ...]] = Counter()
        for ids, times in words.items():
            replaced[merged(ids, best, new)] += times
        words = replaced
    return learnt


def encode(text: str, merges: list[Pair]) -> list[int]:
    rank = {pair: i for i, pair in enumerate(merges)}
    out: list[int] = []
    for piece in PIECE.findall(text):
        ids = tuple(piece.encode())
        while True:
            pairs = [pair for pair in pairwise(ids) if pair in rank]
            if not pairs:
                break
            first = min(pairs, key=rank.__getitem__)
            ids = merged(ids, first, 256 + rank[first])
        out += ids
    return out


def decode(ids: list[int], merges: list[Pair]) -> str:
    vocabulary = [bytes([i]) for i in range(256)]
    for left, right in merges:
        vocabulary.append(vocabulary[left] + vocabulary[right])
    joined = b"".join(vocabulary[i] for i in ids)
    return joined.decode("utf-8", errors="replace")
