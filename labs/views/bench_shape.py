"""How the bench looks before any script runs: the brief's width from its cookie, and the editor's own words."""

from __future__ import annotations

import re
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

COOKIE: Final = "bench"
DEFAULT_WIDTH: Final = 40
WIDTHS: Final = range(25, 61, 5)  # percent of the page; bench.css has a rule for each


def bench_shape(request: HttpRequest) -> dict[str, object]:
    """`split` and `brief_open`, as split.js left them in the cookie."""
    found = re.fullmatch(r"(\d{2})-(open|closed)", request.COOKIES.get(COOKIE, ""), re.ASCII)
    width = int(found[1]) if found else DEFAULT_WIDTH
    return {
        "split": width if width in WIDTHS else DEFAULT_WIDTH,
        "brief_open": not (found and found[2] == "closed"),
    }


def editor_words(filename: str) -> dict[str, str]:
    """CodeMirror's phrases by their English names, and `label`, what a screen reader calls the editor."""
    return {
        "label": _("Code of %(file)s") % {"file": filename},
        "Find": _("Find"),
        "Replace": _("Replace"),
        "next": _("next"),
        "previous": _("previous"),
        "all": _("all"),
        "match case": _("match case"),
        "regexp": _("pattern"),
        "by word": _("whole words"),
        "replace": _("replace"),
        "replace all": _("replace all"),
        "close": _("close"),
        "current match": _("current match"),
        "on line": _("on line"),
        "replaced match on line $": _("replaced match on line $"),
        "replaced $ matches": _("replaced $ matches"),
        "Go to line": _("Go to line"),
        "go": _("go"),
        "Control character": _("Control character"),
        "Selection deleted": _("Selection deleted"),
    }
