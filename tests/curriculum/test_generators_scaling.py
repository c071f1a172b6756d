"""The drawn answers about scaling laws, computed in another way."""

from __future__ import annotations

import math

import pytest

from curriculum.generators import Draw
from tests.curriculum.drawings import drawings, integers, numbers

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def test_the_body_is_counted_matrix_by_matrix() -> None:
    for drawn in drawings("body_parameters"):
        layers, width, hidden = integers(drawn, "L", "d", "ff")
        matrices = [(width, width)] * 4 + [(width, hidden), (hidden, width)]
        assert drawn.answer == layers * sum(rows * columns for rows, columns in matrices)


def test_training_takes_one_forward_and_two_more_backward() -> None:
    for drawn in drawings("training_flops"):
        millions, billions = numbers(drawn, "N", "D")
        forward = 2 * (millions * 1e6) * (billions * 1e9)
        assert drawn.answer == pytest.approx(forward + 2 * forward)


def test_the_factor_is_the_ratio_of_two_losses() -> None:
    def loss(size: float) -> float:
        return math.exp(0.076 * (math.log(8.8e13) - math.log(size)))

    for drawn in drawings("power_law_factor"):
        (times,) = numbers(drawn, "k")
        assert drawn.answer == pytest.approx(loss(1e8 * times) / loss(1e8))


def budget(drawn: Draw) -> float:
    ten, power = str(drawn.fields["power"])[:2], str(drawn.fields["power"])[2:]
    return float(str(drawn.fields["m"])) * float(ten) ** int(power.translate(RAISED))


def test_the_best_size_spends_the_budget_on_twenty_tokens_each() -> None:
    for drawn in drawings("optimal_parameters"):
        assert isinstance(drawn.answer, float)
        size = drawn.answer * 1e9
        assert 6 * size * (20 * size) == pytest.approx(budget(drawn))


def test_the_loss_is_the_floor_and_what_size_and_data_add_to_it() -> None:
    for drawn in drawings("parametric_loss"):
        millions, billions = numbers(drawn, "N", "D")
        size = 406.4 * math.exp(-0.34 * math.log(millions * 1e6))
        data = 410.7 * math.exp(-0.28 * math.log(billions * 1e9))
        assert drawn.answer == pytest.approx(1.69 + size + data)
        assert numbers(drawn, "size", "data") == [pytest.approx(size, abs=1e-3), pytest.approx(data, abs=1e-3)]


def kaplan_loss(size: float) -> float:
    return float((8.8e13 / size) ** 0.076)


def test_a_model_larger_by_that_factor_has_that_much_less_loss() -> None:
    for drawn in drawings("loss_target_growth"):
        (percent,) = numbers(drawn, "p")
        assert isinstance(drawn.answer, float)
        assert kaplan_loss(1e6 * drawn.answer) == pytest.approx(kaplan_loss(1e6) * percent / 100)


def test_compute_is_shared_between_a_model_and_its_data() -> None:
    for drawn in drawings("kaplan_growth"):
        (times,) = integers(drawn, "c")
        assert isinstance(drawn.answer, float)
        assert drawn.answer * times**0.27 == pytest.approx(times)


def test_equal_growth_is_the_same_factor_twice() -> None:
    for drawn in drawings("equal_growth"):
        (times,) = integers(drawn, "c")
        assert isinstance(drawn.answer, float)
        assert drawn.answer * drawn.answer == pytest.approx(times)


def test_a_smaller_model_sees_more_tokens_for_the_same_compute() -> None:
    for drawn in drawings("tokens_at_same_compute"):
        large, tokens, small = integers(drawn, "N", "D", "n")
        assert isinstance(drawn.answer, float)
        assert 6 * small * drawn.answer == pytest.approx(6 * large * tokens)
