"""A card whose answer is code. The labs judge it in the sandbox (services/katas.py); nothing is run here."""

from __future__ import annotations

from typing import Any, Final

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from fsrs import Rating

from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict
from residual.ui.highlight import highlighted

QUICK: Final = 0.5  # of the stated minutes


def read(data: QueryDict) -> Answer:
    return {"code": data.get("code", "")}


def grade(spec: Spec, answer: Answer) -> Verdict:
    del spec, answer
    raise Unreadable(_("Code is judged by running it. Send it with “Run the checks”."))


def rating(runs: int, seconds: float, minutes: int) -> Rating:
    """How well it was known, by the runs it took and the time: the doing is spaced by how it went."""
    if runs > 1 or seconds > 60 * minutes:
        return Rating.Hard
    return Rating.Easy if seconds <= QUICK * 60 * minutes else Rating.Good


def right(spec: Spec) -> SafeString:
    if not spec["solution"]:
        return format_html("<p>{}</p>", _("The lab's page has the solution once you passed it or gave up there."))
    return _code(spec["solution"])


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    del seed  # nothing is drawn
    code = answer.get("code", spec["start"])
    rows = max(12, code.count("\n") + 3)
    return {"code": code, "minutes": spec["minutes"], "given": _code(code) if answer else "", "code_rows": rows}


def _code(source: str) -> SafeString:
    return format_html('<pre class="code highlight"><code>{}</code></pre>', highlighted(source))


KIND = Kind("reviews/kinds/kata.html", read, grade, right, present)
