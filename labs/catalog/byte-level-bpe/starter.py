"""Byte-level byte-pair encoding. Write the three functions; the README says what each must do."""

import re

Pair = tuple[int, int]

PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+")
"""Given: PIECE.findall(text) cuts a text into pieces, and no merge crosses from one piece to the next."""


def train(text: str, merges: int) -> list[Pair]:
    """Up to `merges` pairs in the order learnt; the i-th makes token 256 + i."""
    raise NotImplementedError("train is still to be written: start with tuple(piece.encode()) for each piece")


def encode(text: str, merges: list[Pair]) -> list[int]:
    """The tokens of a text: each piece's bytes, merged in the order in which the merges were learnt."""
    raise NotImplementedError("encode is still to be written: in each piece, apply the earliest merge that fits")


def decode(ids: list[int], merges: list[Pair]) -> str:
    """The text of any tokens; bytes that are no UTF-8 become U+FFFD, as with errors='replace'."""
    raise NotImplementedError("decode is still to be written: which bytes does each token stand for?")
