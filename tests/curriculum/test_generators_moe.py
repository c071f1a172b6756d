"""The drawn answers about mixtures of experts, computed in another way."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def test_the_capacity_is_an_even_share_times_the_factor() -> None:
    for drawn in drawings("expert_capacity"):
        tokens, experts = integers(drawn, "T", "N")
        capacity = Fraction(tokens, experts) * Fraction(str(drawn.fields["c"]))
        assert drawn.answer == capacity
        assert capacity.denominator == 1


def test_tokens_are_dropped_one_by_one_once_an_expert_is_full() -> None:
    for drawn in drawings("dropped_tokens"):
        (capacity,), (loads,) = integers(drawn, "C"), vectors(drawn, "loads")
        taken = [0] * len(loads)
        dropped = 0
        for expert, load in enumerate(loads):
            for _ in range(int(load)):
                dropped += taken[expert] >= capacity
                taken[expert] += taken[expert] < capacity
        assert drawn.answer == dropped


def test_the_balancing_loss_is_alpha_n_times_the_sum() -> None:
    for drawn in drawings("balance_loss"):
        loads, probabilities = vectors(drawn, "f", "p")
        assert sum(loads) == pytest.approx(1)
        assert sum(probabilities) == pytest.approx(1)
        mean = sum(f * p for f, p in zip(loads, probabilities, strict=True)) / len(loads)
        assert drawn.answer == pytest.approx(0.01 * len(loads) ** 2 * mean)


def test_a_switch_layer_stores_all_its_experts_and_its_router() -> None:
    for drawn in drawings("switch_layer_parameters"):
        width, hidden, experts = integers(drawn, "d", "ff", "N")
        assert drawn.answer == sum(width * hidden + hidden * width + width for _ in range(experts))


def test_the_layer_returns_the_best_experts_output_times_its_probability() -> None:
    for drawn in drawings("switch_output"):
        logits, outputs = vectors(drawn, "z", "e")
        (best,) = numbers(drawn, "best")
        chosen = int(best) - 1
        probability = 1 / sum(math.exp(logit - logits[chosen]) for logit in logits)
        assert logits[chosen] == max(logits)
        assert drawn.answer == pytest.approx(probability * outputs[chosen])


def test_a_tenth_of_the_scale_is_the_root_of_a_tenth_of_the_deviation() -> None:
    for drawn in drawings("initial_deviation"):
        (inputs,) = integers(drawn, "n")
        assert drawn.answer == pytest.approx((1 / inputs) ** 0.5 * 0.1**0.5)


def test_only_the_two_best_scores_enter_the_softmax() -> None:
    for drawn in drawings("top_two_weight", 50):
        scores = torch.tensor(vectors(drawn, "z")[0], dtype=torch.float64)
        kept = scores.where(scores >= scores.topk(2).values.min(), torch.tensor(-torch.inf).double())
        assert drawn.answer == pytest.approx(kept.softmax(0).max().item())
        assert drawn.mistakes["all_four"] == pytest.approx(scores.softmax(0).max().item())


def test_examples_are_spread_over_the_experts() -> None:
    for drawn in drawings("expert_share"):
        batch, experts, chosen = integers(drawn, "b", "n", "k")
        assert drawn.answer == pytest.approx(batch * chosen / experts)
