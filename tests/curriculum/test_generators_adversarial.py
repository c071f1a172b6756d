"""The drawn answers about adversarial networks, found by trying discriminators."""

from __future__ import annotations

import math

import pytest
import torch

from tests.curriculum.drawings import drawings, numbers, vectors


def test_no_other_discriminator_does_better_at_a_point() -> None:
    grid = torch.linspace(0.001, 0.999, 999).double()
    for drawn in drawings("optimal_discriminator"):
        data, generated = numbers(drawn, "pd", "pg")
        value = data * grid.log() + generated * (1 - grid).log()
        assert drawn.answer == pytest.approx(float(grid[value.argmax()]), abs=0.001)


def test_the_games_value_is_twice_the_jensen_shannon_divergence_below_log_four() -> None:
    for drawn in drawings("game_value"):
        data, generated = (torch.tensor(shares).double() for shares in vectors(drawn, "pd", "pg"))
        middle = (data + generated) / 2
        halves = [(shares * (shares / middle).log()).sum() for shares in (data, generated)]
        assert float(data.sum()) == pytest.approx(1)
        assert float(generated.sum()) == pytest.approx(1)
        assert drawn.answer == pytest.approx(-math.log(4) + float(halves[0] + halves[1]))
