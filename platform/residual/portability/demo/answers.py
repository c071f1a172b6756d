"""What a learner types when they know an answer, for every kind that a form can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from residual.reviews.grading import Answer

Spec = Mapping[str, Any]


def right_answer(kind: str, spec: Spec) -> Answer:
    """The right answer to an instance with this spec, as the log keeps it. KeyError for kinds that no form answers."""
    return _RIGHT[kind](spec)


def _choice(spec: Spec) -> Answer:
    return {"chosen": next(option["id"] for option in spec["options"] if option["correct"])}


def _multiple(spec: Spec) -> Answer:
    return {"chosen": [option["id"] for option in spec["options"] if option["correct"]]}


def _numeric(spec: Spec) -> Answer:
    return {"text": f"{spec['answer']:.17g}"}


def _shape(spec: Spec) -> Answer:
    return {"text": ", ".join(map(str, spec["answer"]))}


def _expression(spec: Spec) -> Answer:
    return {"text": spec["answer"]}


def _cloze(spec: Spec) -> Answer:
    return {"blanks": {blank["id"]: blank.get("expression") or blank["accept"][0] for blank in spec["blanks"]}}


def _ordering(spec: Spec) -> Answer:
    return {"places": {step["id"]: str(place) for place, step in enumerate(spec["steps"], 1)}}


def _rows(spec: Spec) -> Answer:
    return {"rows": {row["id"]: row["column"] for row in spec["rows"]}}


def _bug(spec: Spec) -> Answer:
    return {"line": str(spec["line"])}


_RIGHT: Final[Mapping[str, Callable[[Spec], Answer]]] = {
    "choice": _choice,
    "multiple": _multiple,
    "numeric": _numeric,
    "shape": _shape,
    "expression": _expression,
    "cloze": _cloze,
    "ordering": _ordering,
    "contrast": _rows,
    "what_if": _rows,
    "claim": _choice,
    "bug": _bug,
}
