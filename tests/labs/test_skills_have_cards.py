"""A failed check points at a skill: the quizzes must hold a card for it, or the pointing is in vain."""

from __future__ import annotations

from curriculum.files import read_library
from labs.catalog_files import read_catalog


def test_every_skill_of_a_check_has_a_question() -> None:
    questions = {question.skill for quiz in read_library().quizzes.values() for question in quiz.questions}
    pointed_at = {check.skill for lab in read_catalog().labs for check in lab.entry.checks if check.skill}
    assert pointed_at - questions == set()
