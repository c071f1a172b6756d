"""Quizzes from FLAN to DreamBooth: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

import pytest
import torch

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import Quiz

RAG, PALM, MOE = Quiz("retrieval-augmented-generation"), Quiz("palm"), Quiz("sparsely-gated-moe")
SWIN, IMAGEN, VIDEO, LATENTS = Quiz("swin"), Quiz("imagen"), Quiz("imagen-video"), Quiz("align-your-latents")


def test_a_parallel_block_adds_both_branches_to_the_residual_path() -> None:
    x, attention, mlp = 0.3, -0.7, 1.1
    assert evaluate(PALM.expression("parallel"), {"x": x, "a": attention, "m": mlp}) == pytest.approx(
        x + attention + mlp
    )


def test_windowed_attention_grows_with_the_area_and_global_attention_with_its_square() -> None:
    """The terms of equations 1 and 2 that hold the number of tokens, for M = 7 and C = 96."""

    def windowed(side: int) -> int:
        return 2 * 7**2 * side**2 * 96

    def everywhere(side: int) -> int:
        return 2 * side**4 * 96

    assert SWIN.right("cost") == {"four-sixteen"}
    assert (windowed(112) // windowed(56), everywhere(112) // everywhere(56)) == (4, 16)


def test_dynamic_thresholding_leaves_values_in_range_and_keeps_their_order() -> None:
    predicted = torch.linspace(-3, 3, 101)
    limit = max(1.0, float(predicted.abs().quantile(0.9)))
    shown = predicted.clamp(-limit, limit) / limit

    assert IMAGEN.right("threshold") == {"percentile"}
    assert float(shown.abs().max()) <= 1
    assert bool((shown.diff() >= 0).all())
    kept, clipped = (len(set(values.tolist())) for values in (shown, predicted.clamp(-1, 1)))
    assert kept > clipped, "less is cut off than by clipping to one"


def test_the_clean_image_comes_back_from_v() -> None:
    share, spread = 0.8, 0.6
    clean, noise = 1.3, -0.4
    z, v = share * clean + spread * noise, share * noise - spread * clean

    assert evaluate(VIDEO.expression("v"), {"a": share, "s": spread, "z": z, "v": v}) == pytest.approx(clean)


def test_at_one_the_mixture_is_the_image_model() -> None:
    rest = LATENTS.blank("mix", "rest").expression

    assert evaluate(rest, {"a": 1.0}) == 0
    assert evaluate(rest, {"a": 0.3}) == pytest.approx(0.7)
