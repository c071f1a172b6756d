"""Quizzes around diffusion and its rivals: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

import math

import pytest
import torch

from curriculum.expressions import evaluate
from curriculum.files import read_library
from curriculum.quiz_schema import Question
from tests.curriculum.quizzes import QUIZZES, Quiz

PAPERS = [
    "ddim",
    "classifier-guidance",
    "score-matching-langevin",
    "score-sde",
    "nonequilibrium-thermodynamics",
    "consistency-models",
    "latent-consistency-models",
    "gan",
]
ADM, NCSN, SDE, LCM, GAN = (Quiz(PAPERS[place]) for place in (1, 2, 3, 6, 7))


@pytest.mark.parametrize("paper", PAPERS)
def test_a_smaller_paper_has_four_to_six_questions(paper: str) -> None:
    assert 4 <= len(QUIZZES[paper]) <= 6


def test_a_questions_id_begins_with_that_of_its_paper_or_topic() -> None:
    library = read_library()
    about = {paper.slug: paper.id for paper in library.papers.values()}
    about |= {topic.slug: topic.id for topic in library.topics.values()}
    strays: list[Question] = [
        question
        for slug, questions in QUIZZES.items()
        for question in questions
        if not question.id.startswith(f"{about[slug]}.q.")
    ]

    assert strays == []


def test_guided_noise_has_the_sum_of_both_scores() -> None:
    noise, share, gradient = 0.7, 0.4, 1.3
    guided = evaluate(ADM.expression("ddim-form"), {"e": noise, "a": share, "g": gradient})

    assert -guided / math.sqrt(1 - share) == pytest.approx(-noise / math.sqrt(1 - share) + gradient)


def test_weighed_by_the_variance_all_noise_levels_count_alike() -> None:
    generator = torch.Generator().manual_seed(0)
    for sigma in (0.01, 0.1, 1.0):
        scores = torch.randn(50_000, generator=generator) / sigma
        weight = evaluate(NCSN.expression("loss-weight"), {"s": sigma})
        assert weight * float(scores.square().mean()) == pytest.approx(1, rel=0.03)


def test_half_of_the_score_keeps_a_standard_gaussian_without_noise() -> None:
    """With score -x the flow must not move anything: the drift -x/2 and factor * x have to cancel."""
    factor = evaluate(SDE.blank("ode-factor", "factor").expression, {"x": 0.5})
    beta, x = 3.0, 0.8

    assert -beta * x / 2 - factor * beta * -x == 0


def test_the_perfect_generators_game_is_worth_minus_log_four() -> None:
    assert GAN.number("equilibrium") == pytest.approx(2 * math.log(0.5))


def test_the_other_objective_is_steep_where_the_first_is_flat() -> None:
    said = torch.tensor(0.01, requires_grad=True)
    (flat,) = torch.autograd.grad((1 - said).log(), said)
    (steep,) = torch.autograd.grad(said.log(), said)

    assert GAN.right("non-saturating") == {"max-log-d"}
    assert float(steep.abs()) > 50 * float(flat.abs())
