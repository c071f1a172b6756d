"""The schema of papers/<slug>/quiz.yaml. docs/content.md shows each kind with an example."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from curriculum.expressions import ExpressionError, equivalent
from curriculum.generators import GENERATORS, draw
from curriculum.questions import field_names
from curriculum.quiz_parts import Options, QuestionPart
from curriculum.quiz_reasoning import BugQuestion, ClaimQuestion, ContrastQuestion, KataQuestion, WhatIfQuestion
from curriculum.schema import Id, Item, Some, Strict, Text, at_least

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Box = dict[Name, tuple[float, float]]
Tolerance = Annotated[float, Field(ge=0, lt=1)]


class ChoiceQuestion(Options):
    kind: Literal["choice"]

    @model_validator(mode="after")
    def _has_one_answer(self) -> Self:
        if self.correct_options() != 1:
            raise ValueError(f"a choice has exactly one correct option, not {self.correct_options()}")
        return self


class MultipleQuestion(Options):
    kind: Literal["multiple"]

    @model_validator(mode="after")
    def _has_an_answer(self) -> Self:
        if not 1 <= self.correct_options() < len(self.options):
            raise ValueError("a multiple choice has at least one correct and one wrong option")
        return self


class _Drawn(QuestionPart):
    """Either `answer` with a list of notes, or `generator` with a note under the name of each mistake it makes."""

    generator: str = ""

    def _check_source(self, answer: object, notes: object) -> None:
        if bool(self.generator) == (answer is not None):
            raise ValueError("give either an answer or a generator")
        if isinstance(notes, dict) != bool(self.generator) and notes:
            raise ValueError("notes are a list for an answer, and named by mistake for a generator")
        if self.generator:
            self._check_generator(notes if isinstance(notes, dict) else {})

    def _check_generator(self, notes: dict[str, str]) -> None:
        if self.generator not in GENERATORS:
            raise ValueError(f"there is no generator {self.generator}; there are {', '.join(GENERATORS)}")
        drawn = draw(self.generator, 0)
        made, explained = set(drawn.mistakes), set(notes)
        if explained != made:
            raise ValueError(
                f"{self.generator} makes the mistakes {sorted(made)}, the notes explain {sorted(explained)}"
            )
        used = {name for text in (self.prompt, self.explanation, *notes.values()) for name in field_names(text)}
        if unknown := sorted(used - set(drawn.fields)):
            raise ValueError(f"{self.generator} draws no {unknown}; it draws {sorted(drawn.fields)}")


class NumberNote(Strict):
    answer: float
    note: Text


class NumericQuestion(_Drawn):
    kind: Literal["numeric"]
    answer: float | None = None
    rtol: Tolerance = 0
    atol: Annotated[float, Field(ge=0)] = 0
    unit: Annotated[str, StringConstraints(max_length=20)] = ""
    notes: tuple[NumberNote, ...] | dict[str, Text] = ()

    @model_validator(mode="after")
    def _is_answered(self) -> Self:
        self._check_source(self.answer, self.notes)
        for note in self.notes:
            if isinstance(note, NumberNote) and self.answer is not None and self._accepts(note.answer):
                raise ValueError(f"the note for {note.answer:g} describes a right answer")
        return self

    def _accepts(self, value: float) -> bool:
        return self.answer is not None and abs(value - self.answer) <= self.atol + self.rtol * abs(self.answer)


class ShapeNote(Strict):
    answer: tuple[int | Name, ...]
    note: Text


class ShapeQuestion(_Drawn):
    kind: Literal["shape"]
    answer: tuple[int | Name, ...] | None = None
    notes: tuple[ShapeNote, ...] | dict[str, Text] = ()

    @model_validator(mode="after")
    def _is_answered(self) -> Self:
        self._check_source(self.answer, self.notes)
        if any(isinstance(note, ShapeNote) and note.answer == self.answer for note in self.notes):
            raise ValueError("a note describes the right answer")
        return self


class TextNote(Strict):
    answer: Text
    note: Text


def _check_expression(answer: str, variables: Box, notes: tuple[TextNote, ...]) -> None:
    try:
        if not equivalent(answer, answer, variables):
            raise ValueError(f"{answer} has no value everywhere in the box")
        for note in notes:
            if equivalent(note.answer, answer, variables):
                raise ValueError(f"the note for {note.answer} describes a right answer")
    except (ExpressionError, ArithmeticError) as error:
        raise ValueError(str(error)) from None


class ExpressionQuestion(QuestionPart):
    kind: Literal["expression"]
    answer: Text
    variables: Box
    notes: tuple[TextNote, ...] = ()

    @model_validator(mode="after")
    def _can_be_graded(self) -> Self:
        _check_expression(self.answer, self.variables, self.notes)
        return self


class Blank(Item):
    """A gap: words it accepts, or an expression it must equal."""

    accept: tuple[Text, ...] = ()
    expression: str = ""
    variables: Box = {}
    notes: tuple[TextNote, ...] = ()

    @model_validator(mode="after")
    def _can_be_graded(self) -> Self:
        if bool(self.accept) == bool(self.expression):
            raise ValueError("a blank has either accepted words or an expression")
        if self.expression:
            _check_expression(self.expression, self.variables, self.notes)
        return self


class ClozeQuestion(QuestionPart):
    kind: Literal["cloze"]
    blanks: Some[Blank]

    @model_validator(mode="after")
    def _shows_each_blank_once(self) -> Self:
        for blank in self.blanks:
            if self.prompt.count(f"[[{blank.id}]]") != 1:
                raise ValueError(f"the prompt must show [[{blank.id}]] exactly once")
        return self


class Step(Item):
    text: Text


class OrderNote(Strict):
    first: Id
    second: Id
    note: Text


class OrderingQuestion(QuestionPart):
    kind: Literal["ordering"]
    steps: Annotated[tuple[Step, ...], at_least(3)]
    notes: tuple[OrderNote, ...] = ()

    @model_validator(mode="after")
    def _notes_describe_wrong_orders(self) -> Self:
        place = {step.id: index for index, step in enumerate(self.steps)}
        for note in self.notes:
            if not {note.first, note.second} <= set(place) or place[note.first] < place[note.second]:
                raise ValueError(f"{note.first} before {note.second} is no wrong order of these steps")
        return self


class SelfQuestion(QuestionPart):
    kind: Literal["self"]
    answer: Text

    @model_validator(mode="after")
    def _is_not_core(self) -> Self:
        if self.core:
            raise ValueError("a core question is graded by machine: *learned* and *kept* rest on nobody's word")
        return self


Question = Annotated[
    ChoiceQuestion
    | MultipleQuestion
    | NumericQuestion
    | ShapeQuestion
    | ExpressionQuestion
    | ClozeQuestion
    | OrderingQuestion
    | ContrastQuestion
    | WhatIfQuestion
    | ClaimQuestion
    | BugQuestion
    | KataQuestion
    | SelfQuestion,
    Field(discriminator="kind"),
]


class QuizFile(Strict):
    """papers/<slug>/quiz.yaml: the questions of the paper beside it."""

    questions: Some[Question]
