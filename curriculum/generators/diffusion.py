"""Diffusion: noise schedules, noised values and their estimates, shapes in latent space."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def alpha_bar_product(random: Random) -> Draw:
    def make() -> Draw:
        betas = sorted(random.sample(range(5, 46), 3))
        kept = math.prod(1 - beta / 100 for beta in betas)
        return Draw(
            {"b1": betas[0] / 100, "b2": betas[1] / 100, "b3": betas[2] / 100},
            kept,
            {
                "sum": 1 - sum(betas) / 100,
                "betas": math.prod(beta / 100 for beta in betas),
                "last": 1 - betas[-1] / 100,
                "root": math.sqrt(kept),
            },
        )

    return set_apart(make, gap=0.1, least=0.15)


def noised_value(random: Random) -> Draw:
    def make() -> Draw:
        kept, clean, noise = _share(random), _signed(random, 100), _signed(random, 200)
        signal, spread = math.sqrt(kept), math.sqrt(1 - kept)
        return Draw(
            {"abar": kept, "x0": clean, "eps": noise},
            signal * clean + spread * noise,
            {
                "no_roots": kept * clean + (1 - kept) * noise,
                "swapped": spread * clean + signal * noise,
                "unscaled_signal": clean + spread * noise,
            },
        )

    return set_apart(make, gap=0.1, least=0.2)


def clean_estimate(random: Random) -> Draw:
    def make() -> Draw:
        kept, noised, noise = _share(random), _signed(random, 200), _signed(random, 200)
        signal, spread = math.sqrt(kept), math.sqrt(1 - kept)
        return Draw(
            {"abar": kept, "xt": noised, "eps": noise},
            (noised - spread * noise) / signal,
            {
                "not_divided": noised - spread * noise,
                "noise_unscaled": (noised - noise) / signal,
                "no_roots": (noised - (1 - kept) * noise) / kept,
            },
        )

    return set_apart(make, gap=0.1, least=0.2)


def reverse_mean(random: Random) -> Draw:
    def make() -> Draw:
        beta, kept = random.randrange(5, 31) / 100, random.randrange(20, 61) / 100
        noised, noise = _signed(random, 200), _signed(random, 200)
        spread = math.sqrt(1 - kept)
        step = beta / spread
        return Draw(
            {"beta": beta, "alpha": (100 - round(100 * beta)) / 100, "abar": kept, "xt": noised, "eps": noise},
            (noised - step * noise) / math.sqrt(1 - beta),
            {
                "not_rescaled": noised - step * noise,
                "all_the_noise": (noised - spread * noise) / math.sqrt(kept),
                "sign": (noised + step * noise) / math.sqrt(1 - beta),
            },
        )

    return set_apart(make, gap=0.1, least=0.2)


def posterior_variance(random: Random) -> Draw:
    def make() -> Draw:
        before, beta = random.randrange(30, 96) / 100, random.randrange(5, 31) / 100
        after = before * (1 - beta)
        share = (1 - before) / (1 - after)
        return Draw(
            {"before": before, "beta": beta, "after": round(after, 4)},
            share * beta,
            {"beta": beta, "share": share, "upside_down": beta / share},
        )

    return set_apart(make)


def per_image_factor_shape(random: Random) -> Draw:
    batch, channels, height, width = random.sample(range(5, 100), 4)
    return Draw(
        {"B": batch, "C": channels, "H": height, "W": width},
        [batch, 1, 1, 1],
        {"flat": [batch], "last": [1, 1, 1, batch], "per_channel": [batch, channels, 1, 1]},
    )


def latent_shape(random: Random) -> Draw:
    factor = random.choice([4, 8, 16])
    batch, channels = random.sample([2, 4, 5, 6, 7], 2)  # not 3, the channels of the image
    height, width = (factor * side for side in random.sample(range(20, 65), 2))
    return Draw(
        {"B": batch, "H": height, "W": width, "f": factor, "c": channels},
        [batch, channels, height // factor, width // factor],
        {
            "three_channels": [batch, 3, height // factor, width // factor],
            "full_size": [batch, channels, height, width],
            "channels_last": [batch, height // factor, width // factor, channels],
        },
    )


def decoded_shape(random: Random) -> Draw:
    factor = random.choice([4, 8, 16])
    batch, channels = random.sample([2, 4, 5, 6, 7], 2)
    height, width = random.sample(range(20, 65), 2)
    return Draw(
        {"B": batch, "h": height, "w": width, "f": factor, "c": channels},
        [batch, 3, height * factor, width * factor],
        {
            "latent_channels": [batch, channels, height * factor, width * factor],
            "latent_size": [batch, 3, height, width],
            "smaller": [batch, 3, height // factor, width // factor],
        },
    )


def latent_compression(random: Random) -> Draw:
    def make() -> Draw:
        factor = random.choice([2, 4, 8, 16, 32])
        channels = random.choice([2, 4, 5, 6, 7, 8, 9, 10, 12, 16])
        return Draw(
            {"f": factor, "c": channels},
            3 * factor**2 / channels,
            {
                "positions": factor**2,
                "side": factor,
                "one_side": 3 * factor / channels,
                "channels_upside_down": factor**2 * channels / 3,
            },
        )

    return set_apart(make)


def latent_cross_attention_shape(random: Random) -> Draw:
    batch, heads = random.sample(range(2, 9), 2)
    height, width, tokens = random.sample(range(12, 80), 3)
    positions = height * width
    return Draw(
        {"B": batch, "heads": heads, "h": height, "w": width, "M": tokens, "N": positions},
        [batch, heads, positions, tokens],
        {
            "transposed": [batch, heads, tokens, positions],
            "self_attention": [batch, heads, positions, positions],
            "grid": [batch, heads, height, width],
        },
    )


def concatenated_input_shape(random: Random) -> Draw:
    channels, condition = random.sample(range(2, 12), 2)
    batch, height, width = random.sample(range(22, 97), 3)
    return Draw(
        {"B": batch, "c": channels, "c2": condition, "h": height, "w": width},
        [batch, channels + condition, height, width],
        {
            "added": [batch, channels, height, width],
            "batch": [2 * batch, channels, height, width],
            "wide": [batch, channels, height, 2 * width],
        },
    )


def _share(random: Random) -> float:
    """A cumulative product of alphas, far enough from 0 and 1 that signal and noise both count."""
    return random.randrange(10, 91) / 100


def _signed(random: Random, hundredths: int) -> float:
    """A value of either sign up to that many hundredths, at least 0.2 from zero."""
    return random.choice([-1, 1]) * random.randrange(20, hundredths + 1) / 100


DIFFUSION: Final[tuple[Generator, ...]] = (
    alpha_bar_product,
    noised_value,
    clean_estimate,
    reverse_mean,
    posterior_variance,
    per_image_factor_shape,
    latent_shape,
    decoded_shape,
    latent_compression,
    latent_cross_attention_shape,
    concatenated_input_shape,
)
