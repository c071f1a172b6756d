"""The quizzes of ViT and CLIP: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

import math
from itertools import product

import pytest

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import Quiz

VIT, CLIP = Quiz("vision-transformer"), Quiz("clip")


def patches(height: int, width: int, patch: int) -> int:
    return len(list(product(range(0, height, patch), range(0, width, patch))))


def test_patches_are_counted_one_by_one() -> None:
    for height, width, patch in ((224, 224, 16), (96, 160, 8)):
        sizes = {"H": height, "W": width, "P": patch}
        assert evaluate(VIT.expression("sequence-length"), sizes) == patches(height, width, patch)


def test_the_table_of_positions_is_a_grid_only_without_the_class_token() -> None:
    assert VIT.right("interpolation") == {"split"}
    assert math.isqrt(197) ** 2 != 197
    assert 197 - 1 == 14**2
    assert 24**2 + 1 == 577


def test_the_class_token_is_there_before_positions_are_added() -> None:
    assert VIT.steps("pipeline") == ["cut", "flatten", "project", "class", "positions"]


def cross_entropy(rows: list[list[float]]) -> float:
    losses = [math.log(sum(map(math.exp, row))) - row[place] for place, row in enumerate(rows)]
    return sum(losses) / len(losses)


def symmetric_loss(logits: list[list[float]]) -> float:
    columns = [list(column) for column in zip(*logits, strict=True)]
    return (cross_entropy(logits) + cross_entropy(columns)) / 2


def test_a_model_that_knows_nothing_has_the_loss_of_chance() -> None:
    for pairs in (8, 21):
        equal = [[0.3] * pairs for _ in range(pairs)]
        assert evaluate(CLIP.expression("chance-loss"), {"N": pairs}) == pytest.approx(symmetric_loss(equal))
    assert evaluate(CLIP.expression("chance-loss"), {"N": 32_768}) == pytest.approx(10.4, abs=0.01)


def test_rows_alone_miss_a_text_that_is_taken_by_another_image() -> None:
    """Image 2 likes text 1 too: rows and columns disagree, so the symmetric loss is neither of them."""
    logits = [[5.0, 0.0], [4.0, 4.5]]

    assert CLIP.right("symmetric") == {"both"}
    assert symmetric_loss(logits) != pytest.approx(cross_entropy(logits))


def test_class_vectors_are_ready_before_an_image_is_compared() -> None:
    assert CLIP.steps("zero-shot-steps") == ["prompts", "encode", "average", "similarity", "softmax"]
