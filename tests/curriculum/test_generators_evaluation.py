"""The drawn answers about BLEU and ROUGE, from sentences with the drawn counts."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def test_a_short_candidate_is_punished_by_what_it_lacks_relative_to_its_length() -> None:
    for drawn in drawings("brevity_penalty"):
        candidate, reference = integers(drawn, "c", "r")
        assert drawn.answer == pytest.approx(math.exp(-(reference - candidate) / candidate))


def sentence(counts: list[float], length: int, filler: str) -> list[str]:
    words = [word for word, count in zip("xyz", counts, strict=True) for _ in range(int(count))]
    return words + [filler] * (length - len(words))


def test_a_word_counts_at_most_as_often_as_the_reference_has_it() -> None:
    for drawn in drawings("clipped_precision"):
        (length, reference_length), (said, allowed) = integers(drawn, "c", "r"), vectors(drawn, "said", "allowed")
        candidate, reference = sentence(said, length, "other"), sentence(allowed, reference_length, "else")
        matched = Counter(candidate) & Counter(reference)
        assert len(candidate) == length
        assert drawn.answer == pytest.approx(matched.total() / len(candidate))


def test_precisions_are_averaged_in_the_logarithm() -> None:
    for drawn in drawings("bleu_mean"):
        shares = numbers(drawn, "p1", "p2", "p3", "p4")
        assert drawn.answer == pytest.approx(math.exp(sum(map(math.log, shares)) / 4))


def test_the_harmonic_mean_is_the_common_part_over_the_mean_length() -> None:
    for drawn in drawings("rouge_l"):
        reference, candidate, common = integers(drawn, "r", "c", "lcs")
        assert drawn.answer == pytest.approx(common / ((reference + candidate) / 2))
