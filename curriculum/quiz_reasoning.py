"""Kinds of questions that ask for judgement: what tells two things apart, what a change does, what a table supports,
where the bug is, and code that has to run. docs/content.md shows each with an example."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from curriculum.quiz_parts import Options, QuestionPart
from curriculum.schema import Id, Item, Strict, Text, at_least

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Code = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)]  # its first blanks count
Line = Annotated[int, Field(ge=1, le=40)]


class Statement(Item):
    """Something that holds for one of the pair, for both or for neither."""

    text: Text
    holds: Literal["first", "second", "both", "neither"]
    note: str = ""


class ContrastQuestion(QuestionPart):
    """Two things that are easily mistaken for each other, and statements that tell them apart."""

    kind: Literal["contrast"]
    first: Text
    second: Text
    statements: Annotated[tuple[Statement, ...], at_least(2)]

    @model_validator(mode="after")
    def _tells_them_apart(self) -> Self:
        if not {"first", "second"} & {statement.holds for statement in self.statements}:
            raise ValueError("no statement holds for one of the two alone: nothing is contrasted")
        return self


class Effect(Item):
    text: Text
    becomes: Literal["larger", "smaller", "same"]
    note: str = ""


class WhatIfQuestion(QuestionPart):
    """One change, and several quantities that grow, shrink or stay."""

    kind: Literal["what_if"]
    effects: Annotated[tuple[Effect, ...], at_least(2)]

    @model_validator(mode="after")
    def _is_no_single_answer(self) -> Self:
        if len({effect.becomes for effect in self.effects}) == 1:
            raise ValueError("every quantity moves the same way: add one that does not, or ask a choice")
        return self


class ClaimQuestion(Options):
    """A table of the paper, and claims of which it supports exactly one."""

    kind: Literal["claim"]
    table: Text  # Markdown

    @model_validator(mode="after")
    def _has_a_table_and_one_supported_claim(self) -> Self:
        rows = [line for line in self.table.strip().splitlines() if line.strip().startswith("|")]
        if len(rows) < 3 or not set(rows[1]) <= set("|-: "):
            raise ValueError("the table is no Markdown table: a row of heads, one of dashes, then the numbers")
        if self.correct_options() != 1:
            raise ValueError(f"a table supports exactly one of the claims, not {self.correct_options()}")
        return self


class LineNote(Strict):
    line: Line
    note: Text


class BugQuestion(QuestionPart):
    """A few lines of code of which one is wrong. `repair` is that line as it should be.

    `proof` is run by the tests after either version: it must raise for the buggy one and pass for the repaired one.
    """

    kind: Literal["bug"]
    code: Code
    line: Line
    repair: Code
    proof: Code
    notes: tuple[LineNote, ...] = ()

    @model_validator(mode="after")
    def _points_at_lines_that_are_there(self) -> Self:
        lines = self.code.rstrip().split("\n")
        if max([self.line, *(note.line for note in self.notes)]) > len(lines):
            raise ValueError(f"the code has {len(lines)} lines")
        if not lines[self.line - 1].strip() or lines[self.line - 1] == self.repair.rstrip():
            raise ValueError("the buggy line is empty, or is the repaired one already")
        if any(note.line == self.line for note in self.notes):
            raise ValueError("a note describes the right line")
        return self

    def repaired(self) -> str:
        lines = self.code.rstrip().split("\n")
        lines[self.line - 1] = self.repair.rstrip()
        return "\n".join(lines) + "\n"


class KataQuestion(QuestionPart):
    """A card whose answer is code, judged by a lab's own checks: some of them, or the whole lab where none is named.

    `start` is what the editor holds: nothing, or code with a bug to mend. `solution` passes the checks, and `start`
    does not.
    """

    kind: Literal["kata"]
    lab: Id
    checks: tuple[Slug, ...] = ()
    minutes: Annotated[int, Field(ge=1, le=60)]
    start: Annotated[str, StringConstraints(strip_whitespace=False)] = ""
    solution: Annotated[str, StringConstraints(strip_whitespace=False)] = ""

    @model_validator(mode="after")
    def _can_be_done_and_shown(self) -> Self:
        if self.core:
            raise ValueError("a kata is not core: *learned* must not wait for a sandbox")
        if bool(self.checks) != bool(self.solution):
            raise ValueError("give a solution with the checks it passes; a whole lab has its own")
        return self
