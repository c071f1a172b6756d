"""What holds for every quiz: how many questions there are, and that none gives its answer away."""

from __future__ import annotations

import pytest

from curriculum.files import read_library
from curriculum.generators import GENERATORS
from curriculum.quiz_rows import question_columns
from curriculum.quiz_schema import Question
from tests.curriculum.quizzes import QUIZZES, is_drawn

ALL = [question for questions in QUIZZES.values() for question in questions]


def test_every_paper_has_a_quiz_with_a_core() -> None:
    assert set(QUIZZES) == {paper.slug for paper in read_library().papers.values()}
    assert [paper for paper, questions in QUIZZES.items() if not any(question.core for question in questions)] == []


def test_there_are_about_four_hundred_questions_and_a_core_that_a_year_can_carry() -> None:
    assert 380 <= len(ALL) <= 480
    assert 120 <= sum(question.core for question in ALL) <= 150
    assert sum(is_drawn(question) for question in ALL) >= 90
    assert len(GENERATORS) >= 30


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.id)
def test_every_wrong_answer_that_is_foreseen_is_explained(question: Question) -> None:
    spec = question_columns(question)["spec"]
    parts = [part for name in ("options", "notes", "rows", "blanks") for part in spec.get(name, [])]

    assert question.kind in ("self", "ordering", "bug", "kata") or parts


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.id)
def test_the_correct_option_is_not_given_away_by_its_length(question: Question) -> None:
    """Somebody who always takes the longest option must not get along with it: it may be longest, not by far."""
    options = getattr(question, "options", ())
    correct = [len(option.text) for option in options if option.correct]
    wrong = [len(option.text) for option in options if not option.correct]

    assert not correct or max(correct) <= 1.5 * max(wrong)


def test_the_longest_option_is_seldom_the_right_one() -> None:
    """Over all choices: with four options a quarter would be chance."""
    choices = [question for question in ALL if question.kind == "choice"]
    longest_is_right = sum(max(question.options, key=lambda option: len(option.text)).correct for question in choices)

    assert longest_is_right / len(choices) <= 0.5
