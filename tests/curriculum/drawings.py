"""Drawings of a generator and their fields, for tests that compute the answers in another way."""

from __future__ import annotations

from collections.abc import Iterator

from curriculum.generators import Draw, draw


def drawings(name: str, count: int = 200) -> Iterator[Draw]:
    return (draw(name, seed) for seed in range(count))


def numbers(drawn: Draw, *names: str) -> list[float]:
    return [float(str(drawn.fields[name])) for name in names]


def integers(drawn: Draw, *names: str) -> list[int]:
    return [int(str(drawn.fields[name])) for name in names]


def vectors(drawn: Draw, *names: str) -> list[list[float]]:
    return [[float(word) for word in str(drawn.fields[name]).strip("()").split(",")] for name in names]
