"""A question of a quiz file as the columns of `curriculum.models.Question`; docs/content.md describes the specs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from curriculum.markdown import Source
from curriculum.quiz_schema import (
    Blank,
    ChoiceQuestion,
    ClozeQuestion,
    ExpressionQuestion,
    MultipleQuestion,
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
        "prompt_html": Source(question.prompt),
        "explanation_html": Source(question.explanation),
        "spec": _spec(question),
    }


def _spec(question: Question) -> Columns:
    match question:
        case ChoiceQuestion() | MultipleQuestion():
            return _options(question)
        case NumericQuestion() | ShapeQuestion():
            return _answered(question)
        case ExpressionQuestion():
            return {"answer": question.answer, "variables": question.variables, "notes": _notes(question.notes)}
        case ClozeQuestion():
            return {"blanks": [_blank(blank) for blank in question.blanks]}
        case OrderingQuestion():
            return _ordering(question)
        case SelfQuestion():
            return {"answer_html": Source(question.answer)}


def _options(question: ChoiceQuestion | MultipleQuestion) -> Columns:
    return {
        "options": [
            {
                "id": option.id,
                "text_html": Source(option.text, inline=True),
                "correct": option.correct,
                "note_html": Source(option.note, inline=True),
            }
            for option in question.options
        ]
    }


def _answered(question: NumericQuestion | ShapeQuestion) -> Columns:
    spec: Columns = {}
    if isinstance(question, NumericQuestion):
        spec = {"rtol": question.rtol, "atol": question.atol, "unit": question.unit}
    if isinstance(question.notes, dict):
        named = {name: Source(note, inline=True) for name, note in question.notes.items()}
        return {**spec, "generator": question.generator, "notes": named}
    return {**spec, "answer": question.answer, "notes": _notes(question.notes)}


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
