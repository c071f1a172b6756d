"""A tensor's shape: `(2, 8, 17, 23)`, `2 8 17 23`, `[B, T, 4*d]` or `torch.Size([2, 8])`."""

from __future__ import annotations

import re
from typing import Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from curriculum.expressions import evaluate
from residual.reviews.kinds.base import (
    Answer,
    Kind,
    Spec,
    Unreadable,
    Verdict,
    code,
    computed,
    first_note,
    present_text,
    read_text,
    text_of,
)

Shape = list[int | str]
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INTEGER: Final = re.compile(r"[0-9]{1,15}")
_BRACKETS: Final = {"(": ")", "[": "]"}


def grade(spec: Spec, answer: Answer) -> Verdict:
    given = parse(text_of(answer))
    if any(isinstance(size, str) for size in given) and all(isinstance(size, int) for size in spec["answer"]):
        raise Unreadable(_("Every size is a number here. Write it like (2, 8, 64)."))
    if given == spec["answer"]:
        return Verdict(correct=True)
    return Verdict(correct=False, notes=first_note(spec["notes"], lambda shape: bool(given == shape)))


def parse(text: str) -> Shape:
    """The sizes in order; integers as int, names as they are. Raises Unreadable."""
    inner = _without_brackets(text.removeprefix("torch.Size").strip())
    if not inner:
        return []
    if re.search(r"[,;×]", inner):
        return [_size(part.strip()) for part in re.split(r"[,;×]", inner.rstrip(", "))]
    return [_size(part) for part in inner.split()] if _is_list(inner) else [_size(inner)]


def _without_brackets(text: str) -> str:
    while text and text[0] in _BRACKETS and text[-1] == _BRACKETS[text[0]]:
        text = text[1:-1].strip()
    return text


def _is_list(text: str) -> bool:
    return all(_INTEGER.fullmatch(part) or _NAME.fullmatch(part) for part in text.split())


def _size(text: str) -> int | str:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NAME.fullmatch(text):
        return text
    value = computed(lambda: evaluate(text, {}))
    if not value.is_integer():
        raise Unreadable(_("%(part)s is no whole number: a size has to be.") % {"part": text})
    return int(value)


def right(spec: Spec) -> SafeString:
    sizes = spec["answer"]
    return code(f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(map(str, sizes))})")


KIND = Kind("reviews/kinds/text.html", read_text, grade, right, present_text)
