"""Looking up the answers of a quiz by the last part of a question's id."""

from __future__ import annotations

from curriculum.files import read_library
from curriculum.quiz_reasoning import KataQuestion
from curriculum.quiz_schema import (
    Blank,
    ChoiceQuestion,
    ClozeQuestion,
    ExpressionQuestion,
    MultipleQuestion,
    NumericQuestion,
    OrderingQuestion,
    Question,
)

QUIZZES = {path.split("/")[1]: quiz.questions for path, quiz in read_library().quizzes.items()}


class Quiz:
    def __init__(self, paper: str) -> None:
        self.questions = {question.id.split(".q.")[1]: question for question in QUIZZES[paper]}

    def question(self, name: str) -> Question:
        return self.questions[name]

    def number(self, name: str) -> float:
        question = self.question(name)
        assert isinstance(question, NumericQuestion)
        assert question.answer is not None
        return question.answer

    def noted(self, name: str) -> list[float]:
        """The wrong numbers that have a note, in the order of the file."""
        question = self.question(name)
        assert isinstance(question, NumericQuestion)
        assert not isinstance(question.notes, dict)
        return [note.answer for note in question.notes]

    def expression(self, name: str) -> str:
        question = self.question(name)
        assert isinstance(question, ExpressionQuestion)
        return question.answer

    def blank(self, name: str, blank: str) -> Blank:
        question = self.question(name)
        assert isinstance(question, ClozeQuestion)
        return next(part for part in question.blanks if part.id == blank)

    def right(self, name: str) -> set[str]:
        """The ids of the correct options."""
        question = self.question(name)
        assert isinstance(question, ChoiceQuestion | MultipleQuestion)
        return {option.id for option in question.options if option.correct}

    def steps(self, name: str) -> list[str]:
        question = self.question(name)
        assert isinstance(question, OrderingQuestion)
        return [step.id for step in question.steps]


def is_drawn(question: Question) -> bool:
    return bool(getattr(question, "generator", ""))


def is_whole_lab(question: Question) -> bool:
    return isinstance(question, KataQuestion) and not question.checks
