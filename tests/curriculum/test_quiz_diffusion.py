"""The quizzes of DDPM and latent diffusion: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

import math
from itertools import accumulate, product
from operator import mul

import pytest

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import Quiz

DDPM, LDM = Quiz("ddpm"), Quiz("latent-diffusion")
BETAS = [1e-4 + (0.02 - 1e-4) * step / 999 for step in range(1000)]
KEPT = list(accumulate((1 - beta for beta in BETAS), mul))


def test_the_two_factors_keep_the_variance_and_share_it_as_alpha_bar_says() -> None:
    for kept in (0.1, 0.5, 0.8):
        signal, noise = (
            evaluate(DDPM.blank("one-step", name).expression, {"a": kept}) ** 2 for name in ("signal", "noise")
        )
        assert [signal, signal + noise] == pytest.approx([kept, 1])


def test_the_schedule_of_the_paper_ends_at_that_cumulative_product() -> None:
    answer = DDPM.number("end-of-schedule")

    assert answer == pytest.approx(KEPT[-1], rel=1e-3)
    assert sum(BETAS) == pytest.approx(10.05)
    assert math.exp(-sum(BETAS)) == pytest.approx(answer, rel=0.15)  # the estimate the prompt asks for is accepted
    assert DDPM.noted("end-of-schedule")[:2] == [1 - BETAS[-1], pytest.approx(math.sqrt(KEPT[-1]), rel=1e-3)]


def test_the_clean_estimate_undoes_the_noising() -> None:
    text = DDPM.expression("clean-estimate")
    for kept, clean, noise in product((0.2, 0.9), (-0.7, 0.4), (1.3, -0.2)):
        noised = math.sqrt(kept) * clean + math.sqrt(1 - kept) * noise
        assert evaluate(text, {"x": noised, "eps": noise, "a": kept}) == pytest.approx(clean)


def test_an_error_in_the_noise_is_magnified_157_times_at_the_end() -> None:
    text = DDPM.expression("clean-estimate")
    one, other = (evaluate(text, {"x": 0.5, "eps": noise, "a": KEPT[-1]}) for noise in (0.0, 1.0))

    assert one - other == pytest.approx(157, rel=0.01)


def test_the_reverse_mean_is_the_posterior_mean_for_the_clean_estimate() -> None:
    for beta, kept, noised, noise in product((0.05, 0.2), (0.2, 0.5), (-0.6, 1.1), (0.3, -1.4)):
        clean = evaluate(DDPM.expression("clean-estimate"), {"x": noised, "eps": noise, "a": kept})
        before = kept / (1 - beta)
        posterior = (math.sqrt(before) * beta * clean + math.sqrt(1 - beta) * (1 - before) * noised) / (1 - kept)
        mean = evaluate(DDPM.expression("reverse-mean"), {"x": noised, "eps": noise, "b": beta, "a": kept})
        assert mean == pytest.approx(posterior)


def test_the_weights_of_the_bound_are_largest_where_there_is_little_noise() -> None:
    text = DDPM.expression("bound-weight")
    weights = [evaluate(text, {"b": beta, "a": kept}) for beta, kept in zip(BETAS, KEPT, strict=True)]
    by_formula = [b**2 / (2 * b * (1 - b) * (1 - a)) for b, a in zip(BETAS, KEPT, strict=True)]

    assert weights == pytest.approx(by_formula)
    assert weights[0] == pytest.approx(0.5, rel=0.01)
    assert weights[-1] == pytest.approx(0.01, rel=0.03)
    assert DDPM.right("down-weighted") == {"small"}
    assert min(weights[:50]) > max(weights[200:])


def test_the_forward_process_keeps_the_variance_of_its_data() -> None:
    variance = 1.0
    for beta in BETAS:
        variance = (1 - beta) * variance + beta

    assert variance == pytest.approx(1)
    assert DDPM.right("forward-facts") == {"fixed", "markov", "shrinks"}


def test_sampling_stands_in_the_order_of_algorithm_2() -> None:
    assert DDPM.steps("sampling-order") == ["start", "predict", "mean", "noise", "next"]


def test_attention_weights_shrink_with_the_fourth_power_of_the_factor() -> None:
    def weights(side: int) -> int:
        return len(list(product(product(range(side), repeat=2), repeat=2)))

    for factor in (2, 4):
        assert evaluate(LDM.expression("attention-entries"), {"f": factor}) == weights(16) / weights(16 // factor)


def test_the_latent_model_is_trained_after_its_autoencoder_and_decoded_once() -> None:
    assert LDM.steps("order") == ["autoencoder", "encode", "denoiser", "sample", "decode"]
    assert LDM.right("trained-jointly") == {"unet", "condition"}
    assert LDM.number("decoder-passes") == 1
