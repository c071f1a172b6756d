"""A sentence with blanks. A blank takes one of several words, or a formula."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from curriculum.expressions import equivalent
from curriculum.questions import normalise
from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict, clean, code, computed, first_note

PREFIX = "blank_"


def read(data: QueryDict) -> Answer:
    return {
        "blanks": {name.removeprefix(PREFIX): data.get(name, "") for name in data if name.startswith(PREFIX)},
    }


def grade(spec: Spec, answer: Answer) -> Verdict:
    given = answer.get("blanks")
    if not isinstance(given, dict):
        raise Unreadable(_("The blanks are empty. Fill in every one."))
    texts = {blank["id"]: clean(given.get(blank["id"])) for blank in spec["blanks"]}
    wrong = [blank for blank in spec["blanks"] if not _fits(blank, texts[blank["id"]])]
    return Verdict(
        correct=not wrong,
        notes=tuple(note for blank in wrong for note in _notes(blank, texts[blank["id"]])),
        wrong=tuple(blank["id"] for blank in wrong),
    )


def _fits(blank: dict[str, Any], text: str) -> bool:
    targets = [blank["expression"]] if "expression" in blank else blank["accept"]
    return any(_same(blank, text, target) for target in targets)


def _same(blank: dict[str, Any], text: str, target: str) -> bool:
    if "expression" in blank:
        return computed(lambda: equivalent(text, target, blank["variables"]))
    return normalise(text) == normalise(target)


def _notes(blank: dict[str, Any], text: str) -> tuple[str, ...]:
    return first_note(blank["notes"], lambda target: _same(blank, text, target))


def right(spec: Spec) -> SafeString:
    shown = ((code(blank.get("expression") or blank["accept"][0]),) for blank in spec["blanks"])
    return format_html_join(", ", "{}", shown)


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    del seed  # blanks stand where they stand
    given = answer.get("blanks", {})
    return {"blanks": [{"id": blank["id"], "text": given.get(blank["id"], "")} for blank in spec["blanks"]]}


KIND = Kind("reviews/kinds/cloze.html", read, grade, right, present)
