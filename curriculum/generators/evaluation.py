"""Scores of generated text: BLEU's parts and ROUGE-L, from counts."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def brevity_penalty(random: Random) -> Draw:
    def make() -> Draw:
        reference = random.randrange(20, 200)
        candidate = random.randrange(reference // 2, reference)
        return Draw(
            {"c": candidate, "r": reference},
            math.exp(1 - reference / candidate),
            {
                "ratio": candidate / reference,
                "upside_down": math.exp(1 - candidate / reference),
                "no_one": math.exp(-reference / candidate),
            },
        )

    return set_apart(make)


def clipped_precision(random: Random) -> Draw:
    """Of single words, against one reference that shares three of them with the candidate."""

    def make() -> Draw:
        said = [random.randrange(2, 12) for _ in range(3)]
        allowed = [random.randrange(1, 12) for _ in range(3)]
        length, reference = (sum(counts) + random.randrange(5, 40) for counts in (said, allowed))
        clipped = sum(map(min, said, allowed))
        return Draw(
            {"c": length, "r": reference, "said": vector(said), "allowed": vector(allowed), "clipped": clipped},
            clipped / length,
            {"not_clipped": sum(said) / length, "recall": clipped / reference, "distinct": 3 / length},
        )

    return set_apart(make)


def bleu_mean(random: Random) -> Draw:
    """The geometric mean of four precisions, without a penalty."""

    def make() -> Draw:
        shares = sorted((random.randrange(5, 95) / 100 for _ in range(4)), reverse=True)
        return Draw(
            {"p1": shares[0], "p2": shares[1], "p3": shares[2], "p4": shares[3]},
            math.prod(shares) ** 0.25,
            {"arithmetic": sum(shares) / 4, "product": math.prod(shares), "last": shares[3]},
        )

    return set_apart(make)


def rouge_l(random: Random) -> Draw:
    """Recall and precision of the longest common subsequence as one number, with equal weight."""

    def make() -> Draw:
        reference, candidate = (random.randrange(15, 120) for _ in range(2))
        common = random.randrange(5, min(reference, candidate))
        recall, precision = common / reference, common / candidate
        return Draw(
            {"r": reference, "c": candidate, "lcs": common},
            2 * recall * precision / (recall + precision),
            {"recall": recall, "precision": precision, "sum": common / (reference + candidate)},
        )

    return set_apart(make)


EVALUATION: Final[tuple[Generator, ...]] = (brevity_penalty, clipped_precision, bleu_mean, rouge_l)
