"""Judging one answer to one instance of a question. Pure: no database, no learner code is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import QueryDict

from residual.reviews.kinds import (
    bug,
    choice,
    cloze,
    expression,
    kata,
    multiple,
    numeric,
    ordering,
    self_graded,
    shape,
    sorting,
)
from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict

KINDS: Final[Mapping[str, Kind]] = {
    "choice": choice.KIND,
    "multiple": multiple.KIND,
    "numeric": numeric.KIND,
    "shape": shape.KIND,
    "expression": expression.KIND,
    "cloze": cloze.KIND,
    "ordering": ordering.KIND,
    "contrast": sorting.CONTRAST,
    "what_if": sorting.WHAT_IF,
    "claim": choice.KIND,
    "bug": bug.KIND,
    "kata": kata.KIND,
    "self": self_graded.KIND,
}
__all__ = ["KINDS", "Answer", "Unreadable", "Verdict", "grade", "is_machine_graded", "read", "right_answer"]


def is_machine_graded(kind: str) -> bool:
    return KINDS[kind].grade is not None


def read(kind: str, data: QueryDict) -> Answer:
    """The answer a form holds, as the JSON the log keeps. It may still be unreadable: `grade` says."""
    return KINDS[kind].read(data)


def grade(kind: str, spec: Spec, answer: Answer) -> Verdict:
    """Whether `answer` is right, and what to say about it. Raises Unreadable, which must cost the learner nothing."""
    judge = KINDS[kind].grade
    if judge is None:
        raise ValueError(f"a {kind} question is graded by its learner, not by us")
    return judge(spec, answer)


def right_answer(kind: str, spec: Spec) -> str:
    """The right answer as safe HTML."""
    return KINDS[kind].right(spec)


def presentation(kind: str, spec: Spec, seed: int, answer: Answer | None) -> dict[str, Any]:
    """What the kind's template shows: shuffled by `seed`, with what was already answered filled in."""
    return KINDS[kind].present(spec, seed, answer or {})
