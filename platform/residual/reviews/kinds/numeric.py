"""A number with a tolerance. Arithmetic may be typed instead of its result."""

from __future__ import annotations

import re
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from curriculum.expressions import evaluate
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

_GROUPED: Final = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?")  # 67 108 864, as we write it


def grade(spec: Spec, answer: Answer) -> Verdict:
    value = _value(text_of(answer))

    def close(target: float) -> bool:
        return bool(abs(value - target) <= spec["atol"] + spec["rtol"] * abs(target))

    if close(spec["answer"]):
        return Verdict(correct=True)
    return Verdict(correct=False, notes=first_note(spec["notes"], close))


def _value(text: str) -> float:
    if _GROUPED.fullmatch(text):
        return float(text.replace(" ", ""))
    return computed(lambda: evaluate(text, {}))


def right(spec: Spec) -> SafeString:
    number, unit = spec["answer"], spec["unit"]
    shown = f"{int(number):,}".replace(",", "\u202f") if float(number).is_integer() else f"{number:.6g}"
    return format_html("{} {}", code(shown), unit) if unit else code(shown)


KIND = Kind("reviews/kinds/text.html", read_text, grade, right, present_text)
