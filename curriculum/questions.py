"""A question as it is asked once: numbers drawn from a seed, fields filled in, and a spec that always holds its answer.

docs/content.md describes the spec of each kind. Everything here is pure: the same question and seed give the same
instance, so that a disputed review can be replayed from its log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final, Protocol

from curriculum.generators import draw

_FIELD: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_MATH: Final = re.compile(r"\$[^$]*\$")

Spec = dict[str, Any]  # JSON from the database; its keys depend on the kind of question


class Asked(Protocol):
    """What an instance is made from; `curriculum.models.Question` is one."""

    prompt_html: str
    explanation_html: str
    spec: Spec


@dataclass(frozen=True, slots=True)
class Instance:
    prompt_html: str
    explanation_html: str
    spec: Spec


def instance(question: Asked, seed: int) -> Instance:
    """The question with the numbers that `seed` draws; a question without a generator is the same for every seed."""
    spec = question.spec
    if "generator" not in spec:
        return Instance(question.prompt_html, question.explanation_html, spec)
    drawn = draw(spec["generator"], seed)
    rest = {key: value for key, value in spec.items() if key not in ("generator", "notes")}
    notes = [
        {"answer": drawn.mistakes[key], "note_html": fill(note, drawn.fields)} for key, note in spec["notes"].items()
    ]
    return Instance(
        prompt_html=fill(question.prompt_html, drawn.fields),
        explanation_html=fill(question.explanation_html, drawn.fields),
        spec={**rest, "answer": drawn.answer, "notes": notes},
    )


def fill(html: str, fields: Mapping[str, object]) -> str:
    """Replace {name} by the field of that name, escaped; braces around anything else are left as they are."""
    return _FIELD.sub(lambda found: escape(str(fields.get(found[1], found[0]))), html)


def field_names(markdown: str) -> set[str]:
    """The fields a text asks for. Braces inside a formula are TeX's own: a field must stand outside of it."""
    return set(_FIELD.findall(_MATH.sub("", markdown)))


def normalise(text: str) -> str:
    """How a typed word is compared: without case, surrounding or repeated blanks, and with plain hyphens."""
    return " ".join(text.replace("\u2010", "-").replace("\u2011", "-").split()).casefold()
