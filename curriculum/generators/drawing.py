"""What a generator returns, and how one tries again until its numbers leave no room for a lucky mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Final, TypeVar

Answer = float | list[int]
TRIES: Final = 1_000

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Draw:
    """One drawing. `fields` fill the prompt; `mistakes` are wrong answers under the names that a quiz file explains."""

    fields: Mapping[str, object]
    answer: Answer
    mistakes: Mapping[str, Answer]


Generator = Callable[[Random], Draw]


class NoDrawError(RuntimeError):
    """A generator found no numbers that keep its answer apart from its mistakes: its ranges leave too few."""


def first_found(attempt: Callable[[], _Found | None]) -> _Found:
    """What `attempt` returns the first time that it isn't None. Raises NoDrawError after 1,000 tries."""
    for _ in range(TRIES):
        if (found := attempt()) is not None:
            return found
    raise NoDrawError(f"{TRIES} tries gave no numbers that keep the answer apart from its mistakes; widen the ranges")


def set_apart(make: Callable[[], Draw], *, gap: float = 0.05, least: float = 0.0) -> Draw:
    """The first draw of `make` whose answer and mistakes differ pairwise by more than `gap` of the larger one.

    The answer is no smaller than `least`, and nothing counts as smaller in a comparison: near zero, rounding would
    decide. Raises NoDrawError after 1,000 tries.
    """

    def attempt() -> Draw | None:
        drawn = make()
        numbers = [number for number in (drawn.answer, *drawn.mistakes.values()) if not isinstance(number, list)]
        clear = all(abs(a - b) > gap * max(abs(a), abs(b), least) for a, b in combinations(numbers, 2))
        return drawn if clear and abs(numbers[0]) >= least else None

    return first_found(attempt)


def vector(numbers: Sequence[float]) -> str:
    return f"({', '.join(str(number) for number in numbers)})"
