"""All the right options among several."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict, shuffled, trusted


def read(data: QueryDict) -> Answer:
    return {"chosen": sorted(set(data.getlist("chosen")))}


def grade(spec: Spec, answer: Answer) -> Verdict:
    chosen = _chosen(spec, answer)
    mistaken = [option for option in spec["options"] if option["correct"] != (option["id"] in chosen)]
    return Verdict(
        correct=not mistaken,
        notes=tuple(option["note_html"] for option in mistaken if option["note_html"]),
        wrong=tuple(option["id"] for option in mistaken),
    )


def _chosen(spec: Spec, answer: Answer) -> set[str]:
    given = answer.get("chosen")
    known = {option["id"] for option in spec["options"]}
    if not isinstance(given, list) or not given or not all(isinstance(item, str) and item in known for item in given):
        raise Unreadable(_("Nothing is chosen yet. Choose every option that is right."))
    return set(given)


def right(spec: Spec) -> SafeString:
    lines = format_html_join(
        "", "<li>{}</li>", ((trusted(option["text_html"]),) for option in spec["options"] if option["correct"])
    )
    return format_html("<ul>{}</ul>", lines)


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    return {"options": shuffled(spec["options"], seed), "chosen": answer.get("chosen", []), "several": True}


KIND = Kind("reviews/kinds/choice.html", read, grade, right, present)
