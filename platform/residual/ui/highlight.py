"""Source code as HTML with class names; `ui/code.css` holds the colours for both themes."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name


def highlighted(source: str, language: str = "python") -> SafeString:
    """`source` escaped and marked up. Raises `pygments.util.ClassNotFound` for a language Pygments does not know."""
    inner = highlight(source, get_lexer_by_name(language), HtmlFormatter(nowrap=True))
    return mark_safe(inner)  # noqa: S308  Pygments escapes the source


def highlighted_lines(source: str, language: str = "python") -> list[SafeString]:
    """`highlighted`, line by line, each whole by itself: the n-th is line n of the file, blank first lines too."""
    inner = highlight(source, get_lexer_by_name(language, stripnl=False), HtmlFormatter(nowrap=True))
    return [mark_safe(line) for line in inner.removesuffix("\n").split("\n")]  # noqa: S308  as above
