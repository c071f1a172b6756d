"""How long, how mixed and how well explained the quizzes of the great papers are."""

from __future__ import annotations

import pytest

from curriculum.quiz_rows import question_columns
from curriculum.quiz_schema import Question
from tests.curriculum.quizzes import QUIZZES, is_drawn, is_whole_lab

GREAT = {
    "ddpm": ["ddpm"],
    "lora": ["lora"],
    "latent diffusion": ["latent-diffusion"],
    "vision transformer": ["vision-transformer"],
    "switch": ["switch-transformers"],
    "scaling": ["scaling-laws", "chinchilla"],
    "clip": ["clip"],
}
QUESTIONS = {name: [question for paper in papers for question in QUIZZES[paper]] for name, papers in GREAT.items()}
ALL = [question for questions in QUESTIONS.values() for question in questions]


@pytest.mark.parametrize("name", GREAT)
def test_it_has_fourteen_to_eighteen_questions(name: str) -> None:
    """Not counting the labs that come again whole."""
    assert 14 <= sum(not is_whole_lab(question) for question in QUESTIONS[name]) <= 18


@pytest.mark.parametrize("name", GREAT)
def test_a_third_to_a_half_have_drawn_numbers_and_about_a_third_are_core(name: str) -> None:
    count = len(QUESTIONS[name])

    assert 0.25 <= sum(is_drawn(question) for question in QUESTIONS[name]) / count <= 0.5
    assert 0.3 <= sum(question.core for question in QUESTIONS[name]) / count <= 0.65


@pytest.mark.parametrize("name", GREAT)
def test_kinds_are_mixed_and_no_kind_is_half_of_them(name: str) -> None:
    kinds = [question.kind for question in QUESTIONS[name]]

    assert len(set(kinds)) >= 5
    assert max(kinds.count(kind) for kind in kinds) <= len(kinds) / 2


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.id)
def test_every_wrong_answer_that_is_foreseen_is_explained(question: Question) -> None:
    spec = question_columns(question)["spec"]
    parts = [*spec.get("options", []), *spec.get("notes", []), *spec.get("rows", [])]

    assert question.kind in {"self", "kata"} or len(parts) >= 2 or all(blank["notes"] for blank in spec["blanks"])


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.id)
def test_the_correct_option_is_not_given_away_by_its_length(question: Question) -> None:
    """Somebody who always takes the longest option must not get along with it: it may be longest, not by far."""
    options = getattr(question, "options", ())
    correct = [len(option.text) for option in options if option.correct]
    wrong = [len(option.text) for option in options if not option.correct]

    assert not correct or max(correct) <= 1.5 * max(wrong)
