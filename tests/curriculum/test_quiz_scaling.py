"""The quizzes of the scaling laws and of Chinchilla: fixed answers that can be computed, computed in another way."""

from __future__ import annotations

import math

import pytest

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import Quiz

KAPLAN, CHINCHILLA = Quiz("scaling-laws"), Quiz("chinchilla")


def test_the_share_of_the_context_is_the_ratio_of_the_two_terms() -> None:
    for context, width, layers in ((1024, 768, 12), (2048, 4096, 32)):
        body = sum(12 * width * width for _ in range(layers))
        term = 2 * layers * context * width
        share = evaluate(KAPLAN.expression("context-share"), {"n_ctx": context, "d_model": width})
        assert share == pytest.approx(term / (2 * body))


def best_size(flops: float, alpha: float, beta: float) -> float:
    """The size with the smallest fitted loss at this budget, by ternary search over its logarithm."""
    low, high = math.log(1e5), math.log(1e15)

    def loss(log_size: float) -> float:
        size = math.exp(log_size)
        return float(406.4 / size**alpha + 410.7 / (flops / 6 / size) ** beta)

    while high - low > 1e-9:
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return math.exp(low)


def test_the_exponent_of_the_best_size_is_where_the_fitted_loss_has_its_minimum() -> None:
    for alpha, beta in ((0.34, 0.28), (0.4, 0.4), (0.3, 0.45)):
        growth = best_size(1e23, alpha, beta) / best_size(1e21, alpha, beta)
        exponent = evaluate(CHINCHILLA.expression("size-exponent"), {"alpha": alpha, "beta": beta})
        assert math.log(growth, 100) == pytest.approx(exponent, abs=1e-4)


def test_iso_flop_goes_from_budgets_to_a_law() -> None:
    assert CHINCHILLA.steps("iso-flop") == ["budget", "train", "parabola", "minimum", "law"]
