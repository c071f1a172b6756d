"""The drawn answers about variational autoencoders, from torch's own distributions."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from tests.curriculum.drawings import drawings, numbers, vectors


def test_the_divergence_is_that_of_two_gaussians() -> None:
    for drawn in drawings("gaussian_divergence"):
        means, deviations = vectors(drawn, "mu", "sigma")
        q = Normal(torch.tensor(means).double(), torch.tensor(deviations).double())
        assert drawn.answer == pytest.approx(float(kl_divergence(q, Normal(0.0, 1.0)).sum()))


def test_a_sample_lies_as_far_from_the_mean_as_the_noise_says_in_deviations() -> None:
    for drawn in drawings("reparameterised_sample"):
        mean, log_variance, noise = numbers(drawn, "mu", "logvar", "eps")
        assert not isinstance(drawn.answer, list)
        q = Normal(torch.tensor(mean).double(), torch.tensor(log_variance).double().exp().sqrt())
        assert (drawn.answer - mean) / float(q.stddev) == pytest.approx(noise)


def test_pixels_are_judged_by_the_binary_cross_entropy() -> None:
    for drawn in drawings("bernoulli_likelihood", 50):
        pixels, shades = (torch.tensor(part, dtype=torch.float64) for part in vectors(drawn, "x", "y"))
        loss = torch.nn.functional.binary_cross_entropy(shades, pixels, reduction="sum")
        assert drawn.answer == pytest.approx(-loss.item())
