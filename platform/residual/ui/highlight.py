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
