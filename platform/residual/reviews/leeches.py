"""Sticking points: questions that were known and lost again and again. Asking them more often does not mend them."""

from __future__ import annotations


def is_leech(lapses: int, threshold: int) -> bool:
    return lapses >= threshold > 0


def turned_leech(before: int, after: int, threshold: int) -> bool:
    """Whether this lapse reached the threshold, or half of it once more since: the learner is told again then."""
    if after == before or not is_leech(after, threshold):
        return False
    return (after - threshold) % max(1, threshold // 2) == 0
