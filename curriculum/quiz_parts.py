"""What the kinds of questions have in common."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from curriculum.schema import Id, Item, Text, at_least


class QuestionPart(Item):
    skill: Id
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    core: bool = False
    covers: tuple[Id, ...] = ()
    prompt: Text
    explanation: Text


class Option(Item):
    text: Text
    correct: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _explains_a_wrong_choice(self) -> Self:
        if not self.correct and not self.note:
            raise ValueError("a wrong option needs a note that says what it mistakes")
        return self


class Options(QuestionPart):
    options: Annotated[tuple[Option, ...], at_least(2)]

    def correct_options(self) -> int:
        return sum(option.correct for option in self.options)
