"""One right option among several."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict, shuffled, trusted


def read(data: QueryDict) -> Answer:
    return {"chosen": data.get("chosen", "")}


def grade(spec: Spec, answer: Answer) -> Verdict:
    chosen = next((option for option in spec["options"] if option["id"] == answer.get("chosen")), None)
    if chosen is None:
        raise Unreadable(_("Nothing is chosen yet. Choose one option."))
    notes = () if chosen["correct"] or not chosen["note_html"] else (chosen["note_html"],)
    return Verdict(chosen["correct"], notes)


def right(spec: Spec) -> SafeString:
    return trusted(next(option["text_html"] for option in spec["options"] if option["correct"]))


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    return {"options": shuffled(spec["options"], seed), "chosen": [answer.get("chosen")]}


KIND = Kind("reviews/kinds/choice.html", read, grade, right, present)
