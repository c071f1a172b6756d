"""Every question that is shipped, graded: its own answer is right, and each foreseen mistake gets its note."""

from __future__ import annotations

from collections.abc import Iterator
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
    match kind:
        case "choice":
            return {"chosen": next(option["id"] for option in spec["options"] if option["correct"])}
        case "multiple":
            return {"chosen": [option["id"] for option in spec["options"] if option["correct"]]}
        case "cloze":
            return {"blanks": {blank["id"]: blank.get("expression") or blank["accept"][0] for blank in spec["blanks"]}}
        case "ordering":
            return {"places": {step["id"]: str(place) for place, step in enumerate(spec["steps"], start=1)}}
    return typed(spec["answer"])


def typed(answer: object) -> dict[str, Any]:
    return {"text": " ".join(map(str, answer)) if isinstance(answer, list) else str(answer)}


def mistakes(kind: str, spec: Spec) -> Iterator[Mistake]:
    if kind in {"choice", "multiple"}:
        for option in spec["options"]:
            if not option["correct"] and option["note_html"]:
                yield {"chosen": option["id"] if kind == "choice" else [option["id"]]}, option["note_html"]
    elif kind == "cloze":
        for blank in spec["blanks"]:
            for note in blank["notes"]:
                yield {"blanks": right(kind, spec)["blanks"] | {blank["id"]: note["answer"]}}, note["note_html"]
    elif kind != "ordering":
        for note in spec["notes"]:
            yield typed(note["answer"]), note["note_html"]


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
            if not is_machine_graded(question.kind):
                continue
            assert grade(question.kind, spec, right(question.kind, spec)).correct, (question.id, seed)
            for answer, note in mistakes(question.kind, spec):
                verdict = grade(question.kind, spec, answer)
                assert not verdict.correct, (question.id, seed, answer)
                assert note in verdict.notes, (question.id, seed, answer)
