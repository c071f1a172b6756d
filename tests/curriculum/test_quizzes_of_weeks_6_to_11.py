"""U-Net, VAE, guidance, FlashAttention, checkpointing: every fixed answer that can be computed is computed here."""

from __future__ import annotations

import math

import pytest
import torch
from torch.utils.checkpoint import checkpoint

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import Quiz

UNET, VAE, CFG = Quiz("u-net"), Quiz("vae"), Quiz("classifier-free-guidance")
FLASH, CKPT = Quiz("flashattention"), Quiz("gradient-checkpointing")


@pytest.mark.parametrize("quiz", [UNET, VAE, CFG, FLASH, CKPT], ids=["unet", "vae", "cfg", "flash", "ckpt"])
def test_a_quiz_is_of_a_days_size_and_of_several_kinds(quiz: Quiz) -> None:
    questions = quiz.questions.values()

    assert 6 <= len(questions) <= 10
    assert len({question.kind for question in questions}) >= 3
    assert 2 <= sum(question.core for question in questions) <= 5


def test_weights_of_he_keep_the_scale_through_a_rectifier() -> None:
    inputs = 576
    deviation = evaluate(UNET.expression("he-deviation"), {"N": inputs})
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2000, inputs, generator=generator).relu() * math.sqrt(2)
    y = x @ (torch.randn(inputs, 200, generator=generator) * deviation)

    assert float(y.square().mean()) == pytest.approx(2 * float(x.square().mean()), rel=0.05)
    assert float(y.relu().square().mean()) == pytest.approx(float(x.square().mean()), rel=0.05)


def test_a_dimension_equal_to_the_prior_costs_nothing() -> None:
    assert VAE.right("unused-latent") == {"nothing"}
    assert (0**2 + 1**2 - 1 - math.log(1**2)) / 2 == 0


def test_bound_and_gap_add_up_to_the_log_likelihood() -> None:
    """A model with two latent states, small enough to sum over."""
    prior, likelihood, q = torch.tensor([0.3, 0.7]), torch.tensor([0.9, 0.2]), torch.tensor([0.5, 0.5])
    joint = prior * likelihood
    posterior = joint / joint.sum()
    bound = (q * likelihood.log()).sum() - (q * (q / prior).log()).sum()
    gap = (q * (q / posterior).log()).sum()

    assert VAE.right("bound-terms") == {"reconstruction", "divergence"}
    assert VAE.right("gap-zero") == {"posterior"}
    assert float(bound + gap) == pytest.approx(float(joint.sum().log()))


def test_both_conventions_of_guidance_meet() -> None:
    for strength in (0, 0.5, 3):
        scale = evaluate(CFG.expression("scale-of-w"), {"w": strength})
        conditional, unconditional = 0.8, -0.3
        paper = (1 + strength) * conditional - strength * unconditional
        assert unconditional + scale * (conditional - unconditional) == pytest.approx(paper)


def test_attention_in_tiles_is_exact() -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 10, 4, generator=generator, dtype=torch.float64)
    largest, total, out = torch.full((10, 1), -math.inf).double(), torch.zeros(10, 1).double(), torch.zeros_like(q)
    for start in range(0, 10, 3):
        scores = q @ k[start : start + 3].T
        grown = torch.maximum(largest, scores.amax(1, keepdim=True))
        weights, shrink = (scores - grown).exp(), (largest - grown).exp()
        total, out, largest = (
            total * shrink + weights.sum(1, keepdim=True),
            out * shrink + weights @ v[start : start + 3],
            grown,
        )

    assert FLASH.right("exact") == {"exact"}
    assert torch.allclose(out / total, torch.softmax(q @ k.T, dim=1) @ v)


def test_twice_the_fast_memory_halves_the_accesses() -> None:
    accesses = {m: 4096**2 * 64**2 / m for m in (1000, 2000)}

    assert evaluate(FLASH.expression("io-complexity"), {"M": 1}) == accesses[2000] / accesses[1000]


def test_the_square_root_of_the_layers_is_the_best_number_of_segments() -> None:
    layers = 144
    best = min(range(1, layers + 1), key=lambda k: k + layers / k)

    assert evaluate(CKPT.expression("best-segments"), {"n": layers}) == best


def test_a_fresh_dropout_mask_in_the_recomputation_gives_wrong_gradients() -> None:
    assert CKPT.right("randomness") == {"same-mask"}
    x = torch.ones(1000)

    def gradient(*, restore: bool) -> tuple[torch.Tensor, torch.Tensor]:
        weight = torch.ones(1000, requires_grad=True)
        y = checkpoint(
            lambda w: torch.dropout(w * x, 0.5, train=True),
            weight,
            use_reentrant=False,
            preserve_rng_state=restore,
        )
        out = y.detach().clone()
        torch.rand(7)  # the random state moves on, as it does in a deep network
        y.sum().backward()
        assert weight.grad is not None
        return out, weight.grad

    out, right = gradient(restore=True)
    assert torch.equal(out, right)
    out, wrong = gradient(restore=False)
    assert not torch.equal(out, wrong)
