"""Every question that is shipped, graded: its own answer is right, and each foreseen mistake gets its note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from curriculum import sync
from curriculum.models import Question
from curriculum.questions import instance
from residual.reviews.grading import grade, is_machine_graded, right_answer

pytestmark = pytest.mark.django_db

Spec = dict[str, Any]
Mistake = tuple[dict[str, Any], str]  # an answer, and the note it must get


def right(kind: str, spec: Spec) -> dict[str, Any]:
    chosen = [option["id"] for option in spec.get("options", ()) if option["correct"]]
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "choice": lambda: {"chosen": chosen[0]},
        "claim": lambda: {"chosen": chosen[0]},
        "multiple": lambda: {"chosen": chosen},
        "cloze": lambda: {
            "blanks": {part["id"]: part.get("expression") or part["accept"][0] for part in spec["blanks"]}
        },
        "contrast": lambda: {"rows": {row["id"]: row["column"] for row in spec["rows"]}},
        "what_if": lambda: {"rows": {row["id"]: row["column"] for row in spec["rows"]}},
        "bug": lambda: {"line": str(spec["line"])},
        "ordering": lambda: {"places": {step["id"]: str(place) for place, step in enumerate(spec["steps"], start=1)}},
    }
    return ways[kind]() if kind in ways else typed(spec["answer"])


def typed(answer: object) -> dict[str, Any]:
    return {"text": " ".join(map(str, answer)) if isinstance(answer, list) else str(answer)}


def mistakes(kind: str, spec: Spec) -> Iterator[Mistake]:
    for option in spec.get("options", ()):
        if not option["correct"] and option["note_html"]:
            yield {"chosen": [option["id"]] if kind == "multiple" else option["id"]}, option["note_html"]
    for row in spec.get("rows", ()):
        if row["note_html"]:
            yield {"rows": right(kind, spec)["rows"] | {row["id"]: "another"}}, row["note_html"]
    for blank in spec.get("blanks", ()):
        for note in blank["notes"]:
            yield {"blanks": right(kind, spec)["blanks"] | {blank["id"]: note["answer"]}}, note["note_html"]
    for note in spec.get("notes", ()):
        if kind != "ordering":
            yield {"line": str(note["line"])} if kind == "bug" else typed(note["answer"]), note["note_html"]


@pytest.fixture
def questions() -> list[Question]:
    sync.sync(timezone.now())
    return list(Question.objects.all())


def test_every_question_takes_its_own_answer_and_explains_each_mistake(questions: list[Question]) -> None:
    assert questions
    for question in questions:
        for seed in range(10):
            spec = instance(question, seed).spec
            assert right_answer(question.kind, spec), question.id
            if not is_machine_graded(question.kind) or question.kind == Question.Kind.KATA:  # those run in the sandbox
                continue
            assert grade(question.kind, spec, right(question.kind, spec)).correct, (question.id, seed)
            for answer, note in mistakes(question.kind, spec):
                verdict = grade(question.kind, spec, answer)
                assert not verdict.correct, (question.id, seed, answer)
                assert note in verdict.notes, (question.id, seed, answer)
