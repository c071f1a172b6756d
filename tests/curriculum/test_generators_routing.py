"""The drawn answers about conditional generation with experts, computed in another way."""

from __future__ import annotations

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def test_modulation_has_the_parameters_of_its_layers() -> None:
    for drawn in drawings("film_parameters", 5):
        condition, channels, blocks = integers(drawn, "E", "C", "L")
        layers = torch.nn.ModuleList(torch.nn.Linear(condition, 2 * channels, device="meta") for _ in range(blocks))
        assert drawn.answer == sum(parameter.numel() for parameter in layers.parameters())


def test_the_table_has_a_row_for_no_class() -> None:
    for drawn in drawings("class_table_parameters"):
        classes, width = integers(drawn, "K", "E")
        assert drawn.answer == classes * width + width


def test_the_planner_is_as_sure_as_its_softmax() -> None:
    for drawn in drawings("planner_confidence", 20):
        (logits,), (temperature,) = vectors(drawn, "z"), numbers(drawn, "T")
        cooled = torch.tensor(logits, dtype=torch.float64) / temperature
        assert drawn.answer == pytest.approx(cooled.softmax(dim=0).max().item())


def test_accepted_samples_are_counted_out_of_ten_thousand_prompts() -> None:
    for drawn in drawings("routed_quality"):
        right, good, bad = integers(drawn, "a", "good", "bad")
        assert drawn.answer == pytest.approx((100 * right * good / 100 + 100 * (100 - right) * bad / 100) / 100)


def test_one_expert_and_the_planner_are_resident() -> None:
    for drawn in drawings("resident_gb"):
        millions, planner = integers(drawn, "N", "P")
        assert drawn.answer == pytest.approx((millions * 1e6 * 2 + planner * 1e6 * 4) / 1e9)
