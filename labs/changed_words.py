"""Which words of a changed line went and which came, marked within its coloured HTML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher
from itertools import accumulate, pairwise
from typing import Final

from django.utils.safestring import SafeString, mark_safe

ALIKE: Final = 0.5
"""Of lines with less in common than this share of their words, marks would cover nearly everything."""
LONGEST: Final = 400  # characters of a line that is looked at word by word
WORD: Final = re.compile(r"\w+|\s+|.")
PIECE: Final = re.compile(r"(<[^>]*>)|&[^;]*;|.", re.DOTALL)  # a tag, or what shows as one character


def mark_changes(old: str, new: str, old_html: SafeString, new_html: SafeString) -> tuple[SafeString, SafeString]:
    """Both lines, `<mark>` around what differs; as they are where they are too long or have little in common.

    `old_html` and `new_html` show just the characters of `old` and `new`.
    """
    if max(len(old), len(new)) > LONGEST:
        return old_html, new_html
    before, after = WORD.findall(old), WORD.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return old_html, new_html
    changes = [op for op in matcher.get_opcodes() if op[0] != "equal"]
    went = _characters(before, [(a, b) for _tag, a, b, _c, _d in changes])
    came = _characters(after, [(c, d) for _tag, _a, _b, c, d in changes])
    return _marked(old_html, went), _marked(new_html, came)


def _characters(words: list[str], ranges: list[tuple[int, int]]) -> set[int]:
    """Places of the characters in these ranges of words."""
    spans = list(pairwise(accumulate(map(len, words), initial=0)))
    return {at for first, end in ranges for start, stop in spans[first:end] for at in range(start, stop)}


def _marked(html: SafeString, places: Collection[int]) -> SafeString:
    return mark_safe("".join(_with_marks(html, places)))  # noqa: S308  the same HTML, with <mark> between its pieces


def _with_marks(html: str, places: Collection[int]) -> Iterator[str]:
    """The HTML piece by piece; a mark never spans a tag, so that both stay well nested."""
    at, opened = 0, False
    for piece in PIECE.finditer(html):
        wanted = not piece[1] and at in places
        if opened != wanted:
            yield "<mark>" if wanted else "</mark>"
            opened = wanted
        yield piece[0]
        at += not piece[1]
    if opened:
        yield "</mark>"
