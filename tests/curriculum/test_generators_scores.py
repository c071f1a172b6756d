"""The drawn answers about scores, from torch's gradients and from the identities that each rule must keep."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal

from tests.curriculum.drawings import drawings, integers, numbers


def test_a_ddim_step_keeps_clean_value_and_noise_and_only_mixes_them_anew() -> None:
    for drawn in drawings("ddim_step"):
        now, then, x, noise = numbers(drawn, "a", "b", "x", "eps")
        assert not isinstance(drawn.answer, list)
        clean_before = (x - math.sqrt(1 - now) * noise) / math.sqrt(now)
        clean_after = (drawn.answer - math.sqrt(1 - then) * noise) / math.sqrt(then)
        assert clean_after == pytest.approx(clean_before)
        assert then > now, "a step towards the image"


def test_a_guided_mean_is_that_of_the_product_of_a_gaussian_and_a_tilted_plane() -> None:
    """N(mu, var) times exp(s g x) is a Gaussian again: its mean is where the log density is flat."""
    for drawn in drawings("guided_mean", 50):
        mean, variance, gradient, scale = numbers(drawn, "mu", "var", "g", "s")
        x = torch.tensor(drawn.answer, dtype=torch.float64, requires_grad=True)
        log_density = -((x - mean) ** 2) / (2 * variance) + scale * gradient * x
        (slope,) = torch.autograd.grad(log_density, x)
        assert float(slope) == pytest.approx(0, abs=1e-9)


def test_the_target_is_the_gradient_of_the_noises_log_density() -> None:
    for drawn in drawings("denoising_target", 50):
        clean, noisy, sigma = numbers(drawn, "x", "noisy", "sigma")
        x = torch.tensor(noisy, dtype=torch.float64, requires_grad=True)
        density = Normal(torch.tensor(clean, dtype=torch.float64), torch.tensor(sigma, dtype=torch.float64))
        (score,) = torch.autograd.grad(density.log_prob(x), x)  # type: ignore[no-untyped-call]  # torch annotates only in part
        assert drawn.answer == pytest.approx(float(score), abs=1e-6)


def test_a_langevin_step_adds_half_the_step_of_score_and_its_root_of_noise() -> None:
    for drawn in drawings("langevin_step"):
        x, score, noise, size = numbers(drawn, "x", "score", "z", "alpha")
        drift, spread = 0.5 * size * score, size**0.5 * noise
        assert drawn.answer == pytest.approx(x + drift + spread)


def test_levels_fall_by_the_same_factor_each_time() -> None:
    for drawn in drawings("noise_levels"):
        levels, place = integers(drawn, "L", "i")
        first, last = numbers(drawn, "first", "last")
        series = torch.logspace(math.log10(first), math.log10(last), levels, dtype=torch.float64)
        assert drawn.answer == pytest.approx(float(series[place - 1]))


def test_the_reverse_drift_leaves_a_standard_gaussian_where_it_is() -> None:
    """Where the score is -x the forward and the reverse process are the same: drift +beta x / 2 backwards in time."""
    for drawn in drawings("reverse_drift"):
        x, score, beta = numbers(drawn, "x", "score", "beta")
        assert not isinstance(drawn.answer, list)
        assert drawn.answer == pytest.approx(beta * x / 2 - beta * (score + x))


def test_the_skip_weight_is_one_at_the_smallest_time_and_falls_from_there() -> None:
    for drawn in drawings("consistency_skip"):
        data, time, least = numbers(drawn, "sigma", "t", "e")
        ratio = (time - least) / data
        assert drawn.answer == pytest.approx(1 / (1 + ratio**2))
        assert time > least


def test_the_noise_of_ddim_is_between_none_and_ddpms() -> None:
    """At eta = 1 its variance is that of DDPM's posterior, computed from beta."""
    for drawn in drawings("ddim_deviation"):
        after, before, eta = numbers(drawn, "at", "before", "eta")
        beta = 1 - after / before
        posterior = (1 - before) / (1 - after) * beta
        assert drawn.answer == pytest.approx(eta * math.sqrt(posterior))


def test_the_signal_of_the_variance_preserving_process_shrinks_in_small_steps() -> None:
    for drawn in drawings("preserved_signal", 10):
        (end,) = numbers(drawn, "t")
        signal, steps = 1.0, 20_000
        for step in range(steps):
            rate = 0.1 + 19.9 * (step + 0.5) / steps * end
            signal *= 1 - rate * end / steps / 2
        assert drawn.answer == pytest.approx(signal, rel=1e-3)


def test_evaluations_are_counted_with_and_without_guidance() -> None:
    for drawn in drawings("saved_evaluations"):
        teacher, student = integers(drawn, "S", "s")
        assert drawn.answer == sum(2 for _ in range(teacher)) - sum(1 for _ in range(student))
