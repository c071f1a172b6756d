"""A formula, right when it agrees with the answer at random points."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString

from curriculum.expressions import equivalent
from residual.reviews.kinds.base import (
    Answer,
    Kind,
    Spec,
    Verdict,
    code,
    computed,
    first_note,
    present_text,
    read_text,
    text_of,
)


def grade(spec: Spec, answer: Answer) -> Verdict:
    given = text_of(answer)

    def agrees(target: str) -> bool:
        return computed(lambda: equivalent(given, target, spec["variables"]))

    if agrees(spec["answer"]):
        return Verdict(correct=True)
    return Verdict(correct=False, notes=first_note(spec["notes"], agrees))


def right(spec: Spec) -> SafeString:
    return code(spec["answer"])


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    return {**present_text(spec, seed, answer), "variables": sorted(spec["variables"])}


KIND = Kind("reviews/kinds/text.html", read_text, grade, right, present)
