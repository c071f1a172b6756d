"""The drawn answers about guidance, by what each convention says of its neutral point."""

from __future__ import annotations

import pytest

from tests.curriculum.drawings import drawings, integers, numbers


def test_the_papers_prediction_weighs_the_condition_by_one_more_than_w() -> None:
    for drawn in drawings("guided_noise"):
        conditional, unconditional, weight = numbers(drawn, "cond", "uncond", "w")
        assert drawn.answer == pytest.approx((1 + weight) * conditional - weight * unconditional)


def test_the_librarys_scale_is_one_more_than_the_papers_strength() -> None:
    for drawn in drawings("guidance_scale"):
        conditional, unconditional, scale = numbers(drawn, "cond", "uncond", "s")
        assert drawn.answer == pytest.approx(scale * conditional + (1 - scale) * unconditional)


def test_a_share_of_all_examples_loses_its_label() -> None:
    for drawn in drawings("dropped_labels"):
        batch, share, steps = integers(drawn, "B", "p", "steps")
        assert drawn.answer == pytest.approx(batch * steps * share / 100)


def test_dynamic_thresholding_clips_and_scales_back() -> None:
    for drawn in drawings("dynamic_threshold"):
        threshold, value = numbers(drawn, "s", "x")
        assert 1 < abs(value) < threshold
        assert drawn.answer == pytest.approx(max(-threshold, min(threshold, value)) / threshold)
