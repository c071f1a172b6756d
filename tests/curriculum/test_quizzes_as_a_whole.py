"""What holds for every quiz: how many questions there are, and that none gives its answer away."""

from __future__ import annotations

import pytest

from curriculum.files import read_library
from curriculum.generators import GENERATORS
from curriculum.quiz_reasoning import KataQuestion
from curriculum.quiz_rows import question_columns
from curriculum.quiz_schema import Question
from labs.catalog_files import read_catalog
from tests.curriculum.quizzes import QUIZZES, is_drawn, is_whole_lab

ALL = [question for questions in QUIZZES.values() for question in questions]


def test_every_paper_and_every_topic_has_a_quiz_with_a_core() -> None:
    library = read_library()
    papers = {paper.slug for paper in library.papers.values()}
    assert set(QUIZZES) == papers | {topic.slug for topic in library.topics.values()}
    assert [paper for paper, questions in QUIZZES.items() if not any(question.core for question in questions)] == []


def test_the_roadmap_introduces_a_core_that_its_weeks_can_carry() -> None:
    """Core questions of quizzes outside the weeks are met by choice."""
    library = read_library()
    assert library.roadmap is not None
    weeks = [week for month in library.roadmap.months for week in month.weeks]
    quizzes = {activity.ref for week in weeks for activity in week.activities if activity.kind == "quiz"}
    slugs = {paper.slug for paper in library.papers.values() if paper.id in quizzes}
    slugs |= {topic.slug for topic in library.topics.values() if topic.id in quizzes}

    assert 120 <= sum(question.core for slug in slugs for question in QUIZZES[slug]) <= 150


def test_there_are_about_four_hundred_questions() -> None:
    assert 380 <= len(ALL) <= 480
    assert sum(is_drawn(question) for question in ALL) >= 140
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


def test_a_lab_that_comes_again_whole_is_judged_at_once_and_takes_less_time() -> None:
    """Its model solution is proved with the lab itself."""
    labs = {lab.entry.id: lab.entry for lab in read_catalog().labs}
    again = [question for question in ALL if isinstance(question, KataQuestion) and is_whole_lab(question)]

    assert len(again) >= 10
    for kata in again:
        assert labs[kata.lab].lane == "check", kata.id
        assert kata.minutes < labs[kata.lab].minutes, kata.id
        assert not kata.start, kata.id
