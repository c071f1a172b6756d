"""The quiz of LoRA: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

from fractions import Fraction

import pytest

from curriculum.expressions import evaluate
from tests.curriculum.drawings import drawings, integers
from tests.curriculum.quizzes import Quiz

LORA = Quiz("lora")


def test_at_the_break_even_rank_the_factors_are_as_large_as_the_matrix() -> None:
    for rows, columns in ((4096, 4096), (1024, 4096), (300, 500)):
        rank = evaluate(LORA.expression("break-even"), {"d": rows, "k": columns})
        assert rank * columns + rows * rank == pytest.approx(rows * columns)


def test_the_scale_is_alpha_over_r() -> None:
    scale = LORA.blank("merged-factor", "factor").expression

    assert evaluate(scale, {"alpha": 12, "r": 4}) == 3
    for drawn in drawings("lora_scale"):
        alpha, rank = integers(drawn, "alpha", "r2")
        assert drawn.answer == pytest.approx(evaluate(scale, {"alpha": alpha, "r": rank}))


def test_ways_of_training_a_layer_stand_in_the_order_of_their_parameters() -> None:
    width = 4096
    counts = {"rank-8": 8 * 2 * width, "full": width * width + width, "rank-1": 2 * width, "bias": width}

    assert LORA.steps("fewest") == sorted(counts, key=lambda name: counts[name])
    assert sorted(counts.values()) == [4_096, 8_192, 65_536, 16_781_312]


def loss(a: list[float], b: list[float]) -> float:
    """A layer of two inputs, two outputs and rank 1, against a target."""
    inputs, frozen, target = (0.5, -1.2), (0.3, 0.8), (1.0, 0.1)
    down = sum(weight * value for weight, value in zip(a, inputs, strict=True))
    outputs = [base + weight * down for base, weight in zip(frozen, b, strict=True)]
    return sum((output - aim) ** 2 for output, aim in zip(outputs, target, strict=True))


def slopes(a: list[float], b: list[float]) -> tuple[float, float]:
    """How the loss changes with the first entry of each factor."""
    step = 1e-6
    of_a = (loss([a[0] + step, a[1]], b) - loss([a[0] - step, a[1]], b)) / (2 * step)
    of_b = (loss(a, [b[0] + step, b[1]]) - loss(a, [b[0] - step, b[1]])) / (2 * step)
    return of_a, of_b


def test_only_b_learns_in_the_first_step_and_nothing_ever_does_from_two_zeros() -> None:
    of_a, of_b = slopes([0.7, -0.4], [0.0, 0.0])

    assert LORA.right("first-gradient") == {"only-b"}
    assert of_a == pytest.approx(0, abs=1e-9)
    assert abs(of_b) > 0.1
    assert LORA.right("start") == {"b-zero"}
    assert list(slopes([0.0, 0.0], [0.0, 0.0])) == pytest.approx([0, 0], abs=1e-9)


def rank_of(matrix: list[list[Fraction]]) -> int:
    """By elimination."""
    rows, rank = [list(row) for row in matrix], 0
    for column in range(len(rows[0])):
        pivot = next((row for row in rows[rank:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        for row in rows[rank + 1 :]:
            factor = row[column] / pivot[column]
            row[:] = [value - factor * other for value, other in zip(row, pivot, strict=True)]
        rank += 1
    return rank


def test_a_product_of_thin_factors_has_the_shape_but_not_the_rank_of_a_full_matrix() -> None:
    b, a = [[1, 2], [3, -1], [2, 5]], [[2, 1, 1], [1, -3, 4]]
    update = [[Fraction(sum(row[i] * a[i][column] for i in range(2))) for column in range(3)] for row in b]
    frozen = [[update[i][j] + (i == j) for j in range(3)] for i in range(3)]

    assert LORA.right("product-facts") == {"shape", "rank"}
    assert (len(update), len(update[0]), rank_of(update)) == (3, 3, 2)
    assert all(value for row in update for value in row)
    assert rank_of(frozen) == 3
