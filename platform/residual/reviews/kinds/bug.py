"""Spot the bug: a few lines of code, one of them wrong. The line is picked; nothing is run."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict, code
from residual.ui.highlight import highlighted_lines


def read(data: QueryDict) -> Answer:
    return {"line": data.get("line", "")}


def grade(spec: Spec, answer: Answer) -> Verdict:
    line = _line(spec, answer)
    if line == spec["line"]:
        return Verdict(correct=True)
    return Verdict(correct=False, notes=tuple(note["note_html"] for note in spec["notes"] if note["line"] == line)[:1])


def _line(spec: Spec, answer: Answer) -> int:
    line = str(answer.get("line", ""))
    if line not in {str(number) for number in range(1, 1 + len(_lines(spec)))}:
        raise Unreadable(_("No line is chosen yet. Choose the one that is wrong."))
    return int(line)


def _lines(spec: Spec) -> list[str]:
    text: str = spec["code"]
    return text.split("\n")


def right(spec: Spec) -> SafeString:
    wrong = _lines(spec)[spec["line"] - 1].strip()
    return format_html(
        "<p>{}</p><pre><code>{}</code></pre><p>{}</p><pre><code>{}</code></pre>",
        _("Line %(line)d is wrong:") % {"line": spec["line"]},
        wrong,
        _("It should be:"),
        spec["repair"].strip(),
    )


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    del seed  # lines stand where they stand
    chosen, plain = str(answer.get("line", "")), _lines(spec)
    marked = highlighted_lines(spec["code"])
    lines = [
        {"number": number, "html": html} for number, html in enumerate(marked, start=1) if plain[number - 1].strip()
    ]
    given = plain[int(chosen) - 1].strip() if chosen.isdigit() and 0 < int(chosen) <= len(plain) else ""
    return {"lines": lines, "chosen_line": chosen, "given": code(given) if given else ""}


KIND = Kind("reviews/kinds/bug.html", read, grade, right, present)
