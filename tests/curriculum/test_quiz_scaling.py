"""The quizzes of the scaling laws and of Chinchilla: fixed answers that can be computed, computed in another way."""

from __future__ import annotations

import math

import pytest

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import Quiz

KAPLAN, CHINCHILLA = Quiz("scaling-laws"), Quiz("chinchilla")


def test_a_model_larger_by_that_factor_has_half_the_loss() -> None:
    def loss(size: float) -> float:
        return float((8.8e13 / size) ** 0.076)

    times = KAPLAN.number("halving")
    too_small, wrong_root = KAPLAN.noted("halving")[0], KAPLAN.noted("halving")[1]

    assert loss(1e6 * times) == pytest.approx(loss(1e6) / 2, rel=1e-5)
    assert loss(1e6 * too_small) > 0.9 * loss(1e6)
    assert wrong_root == pytest.approx(loss(1e6) / loss(2e6), rel=1e-4)


def test_tenfold_compute_is_shared_between_a_model_and_its_data() -> None:
    size, data = KAPLAN.number("allocation"), KAPLAN.noted("allocation")[1]

    assert math.log10(size) == pytest.approx(0.73, abs=1e-5)
    assert size * data == pytest.approx(10, rel=1e-4)


def test_the_share_of_the_context_is_the_ratio_of_the_two_terms() -> None:
    for context, width, layers in ((1024, 768, 12), (2048, 4096, 32)):
        body = sum(12 * width * width for _ in range(layers))
        term = 2 * layers * context * width
        share = evaluate(KAPLAN.expression("context-share"), {"n_ctx": context, "d_model": width})
        assert share == pytest.approx(term / (2 * body))


def test_a_hundredfold_budget_is_spent_on_equal_growth() -> None:
    growth = CHINCHILLA.number("hundredfold")

    assert growth * growth == 100
    assert pytest.approx(100**0.27, rel=1e-3) in CHINCHILLA.noted("hundredfold")


def test_chinchilla_took_about_as_much_compute_as_gopher() -> None:
    gopher = 6 * 280e9 * 300e9

    assert CHINCHILLA.number("training-compute") == pytest.approx(6 * 70e9 * 1.4e12)
    assert CHINCHILLA.number("training-compute") == pytest.approx(gopher, rel=0.2)


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
