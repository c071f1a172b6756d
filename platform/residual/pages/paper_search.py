"""Finding papers by words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from curriculum.models import Paper


def matching(papers: Iterable[Paper], text: str) -> list[Paper]:
    """The papers that hold every word of `text` in title, authors, year or venue; case and accents don't matter."""
    words = _plain(text).split()
    return [paper for paper in papers if all(word in _haystack(paper) for word in words)]


def _haystack(paper: Paper) -> str:
    return _plain(f"{paper.title} {paper.authors} {paper.year} {paper.venue}")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
