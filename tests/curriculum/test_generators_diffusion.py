"""The drawn answers about diffusion, computed in another way."""

from __future__ import annotations

import math
from itertools import accumulate
from operator import mul

import pytest

from tests.curriculum.drawings import drawings, integers, numbers


def test_the_cumulative_product_is_what_is_left_step_by_step() -> None:
    for drawn in drawings("alpha_bar_product"):
        left = 1.0
        for beta in numbers(drawn, "b1", "b2", "b3"):
            left -= beta * left
        assert drawn.answer == pytest.approx(left)


def test_a_noised_value_gives_its_image_back() -> None:
    for drawn in drawings("noised_value"):
        kept, clean, noise = numbers(drawn, "abar", "x0", "eps")
        assert isinstance(drawn.answer, float)
        assert (drawn.answer - math.sqrt(1 - kept) * noise) / math.sqrt(kept) == pytest.approx(clean)


def test_a_clean_estimate_noised_again_is_the_noisy_value() -> None:
    for drawn in drawings("clean_estimate"):
        kept, noised, noise = numbers(drawn, "abar", "xt", "eps")
        assert isinstance(drawn.answer, float)
        assert math.sqrt(kept) * drawn.answer + math.sqrt(1 - kept) * noise == pytest.approx(noised)


def test_the_reverse_mean_is_the_posterior_mean_for_the_estimated_image() -> None:
    """Equation 7 with the estimate of equation 15 must give equation 11."""
    for drawn in drawings("reverse_mean"):
        beta, kept, noised, noise = numbers(drawn, "beta", "abar", "xt", "eps")
        before = kept / (1 - beta)
        clean = (noised - math.sqrt(1 - kept) * noise) / math.sqrt(kept)
        of_clean = math.sqrt(before) * beta / (1 - kept)
        of_noised = math.sqrt(1 - beta) * (1 - before) / (1 - kept)
        assert drawn.answer == pytest.approx(of_clean * clean + of_noised * noised)
        assert numbers(drawn, "alpha") == [pytest.approx(1 - beta)]


def test_the_posterior_variance_is_that_of_two_gaussians_multiplied() -> None:
    """q(x_{t-1} | x_t, x_0) is the product of q(x_{t-1} | x_0) and q(x_t | x_{t-1}) as functions of x_{t-1}."""
    for drawn in drawings("posterior_variance"):
        before, beta = numbers(drawn, "before", "beta")
        precision = 1 / (1 - before) + (1 - beta) / beta
        assert drawn.answer == pytest.approx(1 / precision)


def test_the_factor_of_each_image_broadcasts_over_all_of_it() -> None:
    for drawn in drawings("per_image_factor_shape"):
        image = integers(drawn, "B", "C", "H", "W")
        assert isinstance(drawn.answer, list)
        assert all(given in (1, size) for given, size in zip(drawn.answer, image, strict=True))
        assert math.prod(drawn.answer) == image[0]


def test_a_latent_is_smaller_by_the_factor_on_each_side() -> None:
    for drawn in drawings("latent_shape"):
        batch, channels, height, width, factor = integers(drawn, "B", "c", "H", "W", "f")
        assert drawn.answer == [batch, channels, len(range(0, height, factor)), len(range(0, width, factor))]
        assert height % factor == width % factor == 0


def test_decoding_a_latent_gives_an_image_of_the_factor_times_its_size() -> None:
    for drawn in drawings("decoded_shape"):
        batch, height, width, factor = integers(drawn, "B", "h", "w", "f")
        assert drawn.answer == [batch, 3, height * factor, width * factor]


def test_compression_is_the_ratio_of_the_numbers_in_image_and_latent() -> None:
    for drawn in drawings("latent_compression"):
        factor, channels = integers(drawn, "f", "c")
        assert drawn.answer == pytest.approx((3 * 512 * 256) / (channels * (512 // factor) * (256 // factor)))


def test_every_position_of_the_map_has_a_weight_for_every_token() -> None:
    for drawn in drawings("latent_cross_attention_shape"):
        batch, heads, height, width, tokens = integers(drawn, "B", "heads", "h", "w", "M")
        positions = list(accumulate([height, width], mul))[-1]
        assert drawn.answer == [batch, heads, positions, tokens]


def test_concatenation_adds_the_channels_and_nothing_else() -> None:
    for drawn in drawings("concatenated_input_shape"):
        batch, channels, condition, height, width = integers(drawn, "B", "c", "c2", "h", "w")
        assert drawn.answer == [batch, len([*range(channels), *range(condition)]), height, width]
