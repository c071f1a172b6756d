"""Byte-pair encoding once more, with a field for each thing that people get wrong; the defaults are the contract."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

Pair = tuple[int, int]
Words = list[tuple[list[int], int]]

PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+")


def replace(ids: list[int], pair: Pair, new: int) -> list[int]:
    """Walk from the left and glue: an occurrence that shares a token with the one before is none."""
    out: list[int] = []
    glued = False
    for left, right in zip(ids, [*ids[1:], -1], strict=True):
        if glued:
            glued = False
        elif (left, right) == pair:
            out.append(new)
            glued = True
        else:
            out.append(left)
    return out


def overlapping(ids: list[int]) -> list[Pair]:
    return list(pairwise(ids))


def apart(ids: list[int]) -> list[Pair]:
    """Without pairs that share a token with the same pair just before: (1, 1, 1) has one."""
    found: list[Pair] = []
    taken = -1
    for at, pair in enumerate(overlapping(ids)):
        if found and taken == at and pair == found[-1]:
            continue
        found.append(pair)
        taken = at + 1
    return found


@dataclass(frozen=True)
class Trainer:
    """Learns merges."""

    pieces: Callable[[str], list[str]] = PIECE.findall
    weigh: bool = True
    prefer: Callable[[Pair, int], object] = lambda pair, _: pair
    pairs: Callable[[list[int]], list[Pair]] = overlapping

    def __call__(self, text: str, merges: int) -> list[Pair]:
        types = Counter(self.pieces(text))
        words = [(list(piece.encode()), times if self.weigh else 1) for piece, times in types.items()]
        learnt: list[Pair] = []
        while len(learnt) < merges:
            best = self.best(words)
            if best is None:
                break
            words = [(replace(ids, best, 256 + len(learnt)), times) for ids, times in words]
            learnt.append(best)
        return learnt

    def best(self, words: Words) -> Pair | None:
        counts: Counter[Pair] = Counter()
        for ids, times in words:
            for pair in self.pairs(ids):
                counts[pair] += times
        most = max(counts.values(), default=0)
        equals = [pair for pair in counts if counts[pair] == most]
        order = {pair: at for at, pair in enumerate(counts)}
        return min(equals, key=lambda pair: self.prefer(pair, order[pair])) if equals else None


def encode(text: str, merges: list[Pair], pieces: Callable[[str], list[str]] = PIECE.findall) -> list[int]:
    """Every merge in turn over all of a piece, which comes to the same as the earliest first."""
    out: list[int] = []
    for piece in pieces(text):
        ids = list(piece.encode())
        for at, pair in enumerate(merges):
            ids = replace(ids, pair, 256 + at) if len(ids) > 1 else ids
        out += ids
    return out


def table(merges: list[Pair]) -> list[bytes]:
    """The bytes of every token."""
    tokens = [bytes([value]) for value in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


def decode(ids: list[int], merges: list[Pair]) -> str:
    tokens = table(merges)
    return b"".join(tokens[i] for i in ids).decode(errors="replace")


def numbers(values: list[int] | list[Pair] | str) -> Tensor:
    """Tokens, merges or a text's code points as int64."""
    return torch.tensor([ord(c) for c in values] if isinstance(values, str) else values, dtype=torch.int64)
