"""What of the day's cards is asked, and in which order. Pure: the queue and the simulated learner share it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

PACE_S: Final = 25.0  # an answer with its verdict, right ones and wrong ones together
RESERVE_S: Final = 100.0  # for the last card begun, should it be a slow one
LAST_RETRY_S: Final = 80.0  # with less than this left, retries wait for tomorrow and come first then


def allowed(ready: int, done: int, limit: int) -> int:
    """How many of the `ready` may still be asked today, when `done` of `limit` have been."""
    return min(ready, max(0, limit - done))


def room(minutes: int, spent_s: float, retries: int) -> int:
    """How many more cards may be begun in a day of so many minutes: time is kept back for retries, theirs too."""
    left = 60 * minutes - spent_s - retries * PACE_S - RESERVE_S
    return max(0, math.floor(left / PACE_S))


def may_retry(minutes: int, spent_s: float) -> bool:
    return 60 * minutes - spent_s >= LAST_RETRY_S


def of_easy_day(limit: int, percent: int) -> int:
    """A day's limit on an easy day: a day off begins nothing new."""
    return limit * percent // 100


def harder_first(cards: Sequence[T], name: Callable[[T], str], covers: Callable[[T], Collection[str]]) -> list[T]:
    """The cards in their order, but each after those that cover it: a right answer to the harder one may spare it."""
    harder = _harder(cards, name, covers)
    return sorted(cards, key=lambda card: _depth(name(card), harder))


def easier_first(cards: Sequence[T], name: Callable[[T], str], covers: Callable[[T], Collection[str]]) -> list[T]:
    """The cards in their order, but none before what it builds on: how new ones are met."""
    harder = _harder(cards, name, covers)
    return sorted(cards, key=lambda card: -_depth(name(card), harder))


def _harder(
    cards: Sequence[T], name: Callable[[T], str], covers: Callable[[T], Collection[str]]
) -> Mapping[str, Collection[str]]:
    return {name(card): easier for card in cards if (easier := covers(card))}


def _depth(name: str, harder: Mapping[str, Collection[str]]) -> int:
    """How many harder cards stand above this one, in the longest chain. The content has no circles."""
    above = [other for other, easier in harder.items() if name in easier]
    return 1 + max((_depth(other, harder) for other in above), default=-1)


def interleaved(cards: Sequence[T], topic: Callable[[T], Hashable], last: Hashable) -> list[T]:
    """The cards in their order, but each of another topic than the one before it where one waits."""
    waiting, ordered = list(cards), list[T]()
    while waiting:
        card = next((card for card in waiting if topic(card) != last), waiting[0])
        waiting.remove(card)
        ordered.append(card)
        last = topic(card)
    return ordered
