"""A question of a quiz file as the columns of `curriculum.models.Question`; docs/content.md describes the specs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from curriculum.markdown import Source
from curriculum.quiz_parts import Option, Options, QuestionPart
from curriculum.quiz_reasoning import (
    BugQuestion,
    ClaimQuestion,
    ContrastQuestion,
    Effect,
    KataQuestion,
    Statement,
    WhatIfQuestion,
)
from curriculum.quiz_schema import (
    Blank,
    ClozeQuestion,
    ExpressionQuestion,
    NumberNote,
    NumericQuestion,
    OrderingQuestion,
    Question,
    SelfQuestion,
    ShapeNote,
    ShapeQuestion,
    TextNote,
)

Columns = dict[str, Any]


def question_columns(question: Question) -> Columns:
    return {
        "kind": question.kind,
        "skill": question.skill,
        "source": question.source,
        "core": question.core,
        "covers": list(question.covers),
        "prompt_html": Source(_prompt(question)),
        "explanation_html": Source(question.explanation),
        "spec": _spec(question),
    }


@singledispatch
def _spec(question: QuestionPart) -> Columns:
    raise TypeError(f"there is no spec for {type(question).__name__}")


@_spec.register
def _(question: Options) -> Columns:
    return {"options": [_option(option) for option in question.options]}


@_spec.register
def _(question: NumericQuestion) -> Columns:
    return {"rtol": question.rtol, "atol": question.atol, "unit": question.unit, **_answered(question)}


@_spec.register
def _(question: ShapeQuestion) -> Columns:
    return _answered(question)


@_spec.register
def _(question: ExpressionQuestion) -> Columns:
    return {"answer": question.answer, "variables": question.variables, "notes": _notes(question.notes)}


@_spec.register
def _(question: ClozeQuestion) -> Columns:
    return {"blanks": [_blank(blank) for blank in question.blanks]}


@_spec.register
def _(question: OrderingQuestion) -> Columns:
    return _ordering(question)


@_spec.register
def _(question: ContrastQuestion) -> Columns:
    names = {"first": Source(question.first, inline=True), "second": Source(question.second, inline=True)}
    return {"names": names, "rows": [_row(row, row.holds) for row in question.statements]}


@_spec.register
def _(question: WhatIfQuestion) -> Columns:
    return {"rows": [_row(row, row.becomes) for row in question.effects]}


@_spec.register
def _(question: BugQuestion) -> Columns:
    return _bug(question)


@_spec.register
def _(question: KataQuestion) -> Columns:
    return question.model_dump(mode="json", include={"lab", "checks", "minutes", "start", "solution"})


@_spec.register
def _(question: SelfQuestion) -> Columns:
    return {"answer_html": Source(question.answer)}


def _prompt(question: Question) -> str:
    return f"{question.prompt}\n\n{question.table}" if isinstance(question, ClaimQuestion) else question.prompt


def _option(option: Option) -> Columns:
    return {
        "id": option.id,
        "text_html": Source(option.text, inline=True),
        "correct": option.correct,
        "note_html": Source(option.note, inline=True),
    }


def _row(row: Statement | Effect, column: str) -> Columns:
    texts = {"text_html": Source(row.text, inline=True), "note_html": Source(row.note, inline=True)}
    return {"id": row.id, "column": column, **texts}


def _bug(question: BugQuestion) -> Columns:
    """Without the proof: that is for the tests, and would give the answer away."""
    notes = [{"line": note.line, "note_html": Source(note.note, inline=True)} for note in question.notes]
    code = question.code.rstrip()
    return {"code": code, "line": question.line, "repair": question.repair.rstrip(), "notes": notes}


def _answered(question: NumericQuestion | ShapeQuestion) -> Columns:
    if isinstance(question.notes, dict):
        named = {name: Source(note, inline=True) for name, note in question.notes.items()}
        return {"generator": question.generator, "notes": named}
    return {"answer": question.answer, "notes": _notes(question.notes)}


def _notes(notes: Iterable[NumberNote | ShapeNote | TextNote]) -> list[Columns]:
    return [{"answer": note.answer, "note_html": Source(note.note, inline=True)} for note in notes]


def _blank(blank: Blank) -> Columns:
    notes = _notes(blank.notes)
    if blank.expression:
        return {"id": blank.id, "expression": blank.expression, "variables": blank.variables, "notes": notes}
    return {"id": blank.id, "accept": blank.accept, "notes": notes}


def _ordering(question: OrderingQuestion) -> Columns:
    steps = [{"id": step.id, "text_html": Source(step.text, inline=True)} for step in question.steps]
    notes = [
        {"first": note.first, "second": note.second, "note_html": Source(note.note, inline=True)}
        for note in question.notes
    ]
    return {"steps": steps, "notes": notes}
