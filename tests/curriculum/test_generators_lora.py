"""The drawn answers about LoRA, computed in another way."""

from __future__ import annotations

import pytest

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def test_trained_parameters_are_counted_matrix_by_matrix() -> None:
    for drawn in drawings("lora_parameters"):
        width, layers, rank = integers(drawn, "d", "L", "r")
        total = sum(rank * width + width * rank for _ in range(layers) for _ in ("W_q", "W_v"))
        assert drawn.answer == total
        assert rank < width


def test_the_activation_between_the_factors_is_as_wide_as_the_rank() -> None:
    for drawn in drawings("lora_activation_shape"):
        sizes = batch, tokens, rank, inputs, outputs = integers(drawn, "B", "S", "r", "k", "d")
        assert drawn.answer == [batch, tokens, rank]
        assert rank < min(inputs, outputs)
        assert len(set(sizes)) == 5


def test_the_share_is_that_of_both_factors_in_per_cent() -> None:
    for drawn in drawings("lora_share"):
        outputs, inputs, rank = integers(drawn, "d", "k", "r")
        assert drawn.answer == pytest.approx(100 * (rank / outputs + rank / inputs))


def test_a_checkpoint_holds_both_factors_of_two_matrices_in_each_layer() -> None:
    for drawn in drawings("lora_checkpoint"):
        width, layers, rank, each = integers(drawn, "d", "L", "r", "bytes")
        assert drawn.answer == pytest.approx(4 * layers * rank * width * each / 1_000_000)


def test_the_output_adds_the_scaled_branch_to_the_frozen_part() -> None:
    for drawn in drawings("lora_output"):
        (rank, alpha, frozen), (down, row) = numbers(drawn, "r", "alpha", "w"), vectors(drawn, "down", "row")
        scaled = [value * alpha / rank for value in down]
        assert len(down) == len(row) == rank
        assert drawn.answer == pytest.approx(frozen + sum(a * b for a, b in zip(scaled, row, strict=True)))
