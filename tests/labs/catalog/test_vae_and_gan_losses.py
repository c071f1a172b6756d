"""What only the lab `vae-and-gan-losses` needs: examples by hand, mistakes told apart, and torch's own formulas."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "vae-and-gan-losses"


def test_the_vae_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    mu, logvar = torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [math.log(4)]])
    logits, pixels = torch.tensor([[2.0, 2.0]]), torch.tensor([[1.0, 0.0]])

    assert solution.kl(mu, logvar).tolist() == pytest.approx([0.5, 0.807], abs=6e-4)
    assert solution.bernoulli_nll(logits, pixels).item() == pytest.approx(2.254, abs=6e-4)


def test_the_game_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    found = []
    for kind in ("non-saturating", "minimax"):
        fake = torch.tensor([-4.0], requires_grad=True)
        loss = solution.generator_loss(fake, kind)
        loss.backward()
        assert fake.grad is not None
        found += [loss.item(), fake.grad.item()]

    assert found == pytest.approx([4.018, -0.982, -0.018, -0.018], abs=6e-4)
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.0, 0.5, 0.5])
    best = solution.optimal_discriminator(p, q)
    assert best.tolist() == [1.0, 0.5, 0.0]
    value = -(torch.xlogy(p, best) + torch.xlogy(q, 1 - best)).sum().item()
    assert value == pytest.approx(0.693, abs=6e-4)


def test_the_reference_agrees_with_torchs_distributions() -> None:
    reference = module_from(LAB / "reference.py")
    mu, logvar, x = torch.randn(3, 5, 4).double()
    posterior = Independent(Normal(mu, (logvar / 2).exp()), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    gaussian = cast("Any", Normal(mu, 0.4))  # torch has no types there

    assert torch.allclose(reference.kl(mu, logvar), kl_divergence(posterior, prior))
    assert torch.allclose(reference.gaussian_nll(mu, x, 0.4), gaussian.log_prob(x).sum(1).neg())
    bce = torch.nn.functional.binary_cross_entropy_with_logits(mu, x.sigmoid(), reduction="none").sum(1)
    assert torch.allclose(reference.bernoulli_nll(mu, x.sigmoid()), bce)


@pytest.mark.parametrize(
    ("listed", "right", "arguments"),
    [
        ("DRAWS", "reparameterise", 3),
        ("KLS", "kl", 2),
        ("BERNOULLIS", "bernoulli_nll", 2),
        ("GAUSSIANS", "gaussian_nll", 2),
        ("DISCRIMINATORS", "discriminator_loss", 2),
    ],
)
def test_every_known_mistake_has_an_answer_of_its_own(listed: str, right: str, arguments: int) -> None:
    reference, wrong = module_from(LAB / "reference.py"), module_from(LAB / "misconceptions.py")
    generator = torch.Generator().manual_seed(3)
    on: list[Any] = list(torch.rand(arguments, 4, 6, generator=generator).double() + 0.2)
    on += [0.4] if right == "gaussian_nll" else []
    answers: dict[str, Tensor] = {name: with_slopes(fn, on) for name, _text, fn in getattr(wrong, listed)}
    answers["right"] = with_slopes(getattr(reference, right), on)

    for one, other in combinations(answers, 2):
        assert (answers[one] - answers[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"


def with_slopes(fn: Any, on: list[Any]) -> Tensor:
    """The answer and its gradients, in a row: some mistakes are in the gradient alone."""
    leaves = [value.clone().requires_grad_() if isinstance(value, Tensor) else value for value in on]
    answer = fn(*leaves)
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    slopes = torch.autograd.grad(answer.sum(), tensors, materialize_grads=True)
    return torch.cat([answer.detach().flatten(), *(slope.flatten() for slope in slopes)])
