"""Finding things by words, the same on every database: case and accents don't matter, and every word must be there."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from django.utils.html import strip_tags


@lru_cache(maxsize=4096)  # content is read far more often than it is written, and tags cost most to strip
def plain(text: str) -> str:
    """`text` without case, accents and tags."""
    decomposed = unicodedata.normalize("NFKD", strip_tags(text).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def rank(query: str, title: str, body: str = "") -> int:
    """How well something answers `query`; 0 when a word of it is in neither. A title counts more than a body."""
    head, rest = plain(title), plain(body)
    words = plain(query).split()
    if not words or not all(word in head or word in rest for word in words):
        return 0
    return 1 + sum(_worth(word, head) for word in words)


def _worth(word: str, head: str) -> int:
    if word not in head:
        return 0
    return 3 if any(part.startswith(word) for part in head.split()) else 1
