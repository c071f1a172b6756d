"""Byte-level byte-pair encoding: learn merges, encode with them, decode.

Choices: words are counted once and merged as types, so that a common word costs no more than a rare one; the pairs are
counted afresh for each merge, which is slow and simple. Tokens 0 to 255 are bytes, token 256 + i is merge i.
"""

import re
from collections import Counter
from itertools import pairwise

Pair = tuple[int, int]

PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+")
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
            for pair in pairwise(ids):  # pairs never cross a piece
                counts[pair] += times
        if not counts:
            break  # every piece is one token
        best = min(counts, key=lambda pair: (-counts[pair], pair))  # most frequent; of equals the smallest
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
            first = min(pairs, key=rank.__getitem__)  # the merge learnt first, wherever it stands in the piece
            ids = merged(ids, first, 256 + rank[first])
        out += ids
    return out


def decode(ids: list[int], merges: list[Pair]) -> str:
    vocabulary = [bytes([i]) for i in range(256)]
    for left, right in merges:
        vocabulary.append(vocabulary[left] + vocabulary[right])
    joined = b"".join(vocabulary[i] for i in ids)  # join first: a character may be spread over tokens
    return joined.decode("utf-8", errors="replace")
