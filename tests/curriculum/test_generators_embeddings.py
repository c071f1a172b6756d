"""The drawn answers about embeddings, computed in another way."""

from __future__ import annotations

import math

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def test_the_gradient_of_a_row_is_that_of_the_lookup() -> None:
    for drawn in drawings("embedding_gradient", 20):
        (row,), (ids, upstream) = integers(drawn, "id"), vectors(drawn, "ids", "g")
        table = torch.zeros(100, 1, dtype=torch.float64, requires_grad=True)
        looked_up = torch.nn.functional.embedding(torch.tensor(ids, dtype=torch.long), table)
        looked_up.backward(torch.tensor(upstream, dtype=torch.float64)[:, None])  # type: ignore[no-untyped-call]  # torch's
        assert table.grad is not None
        assert drawn.answer == table.grad[row].item()


def test_tying_saves_one_of_two_tables() -> None:
    for drawn in drawings("tied_share"):
        vocabulary, width, layers = integers(drawn, "V", "d", "L")
        body = sum(12 * width * width for _ in range(layers))
        tied, untied = vocabulary * width + body, 2 * vocabulary * width + body
        assert drawn.answer == pytest.approx(100 * (1 - tied / untied))


def test_the_distance_is_that_of_two_points_on_the_circle() -> None:
    for drawn in drawings("unit_distance"):
        (cosine,) = numbers(drawn, "cos")
        angle = math.acos(cosine)
        assert drawn.answer == pytest.approx(math.dist((1, 0), (math.cos(angle), math.sin(angle))))


def test_a_mixture_is_about_that_long() -> None:
    torch.manual_seed(0)
    for drawn in drawings("interpolated_norm", 10):
        (width,), (share, rest) = integers(drawn, "d"), numbers(drawn, "t", "rest")
        assert share + rest == pytest.approx(1)
        first, second = torch.randn(2, 4000, width)
        assert drawn.answer == pytest.approx((rest * first + share * second).norm(dim=-1).mean().item(), rel=0.01)
