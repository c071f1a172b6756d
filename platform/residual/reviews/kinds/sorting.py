"""Rows that each belong in one column: a contrast of two things, and what a change does to several quantities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict, shuffled, trusted

PREFIX: Final = "row_"
Columns = Callable[[Spec], dict[str, SafeString | str]]  # id → words, in the order shown


def contrast_columns(spec: Spec) -> dict[str, SafeString | str]:
    names = spec["names"]
    both = {"both": _("both"), "neither": _("neither")}
    return {"first": trusted(names["first"]), "second": trusted(names["second"]), **both}


def effect_columns(spec: Spec) -> dict[str, SafeString | str]:
    del spec  # every change makes a quantity grow, shrink or stay
    return {"larger": _("gets larger"), "same": _("stays"), "smaller": _("gets smaller")}


def read(data: QueryDict) -> Answer:
    return {"rows": {name.removeprefix(PREFIX): data.get(name, "") for name in data if name.startswith(PREFIX)}}


def grade(spec: Spec, answer: Answer) -> Verdict:
    given = answer.get("rows")
    ids = [row["id"] for row in spec["rows"]]
    if not isinstance(given, dict) or not all(given.get(name) for name in ids):
        raise Unreadable(_("Choose one for every line."))
    wrong = [row for row in spec["rows"] if given[row["id"]] != row["column"]]
    notes = tuple(row["note_html"] for row in wrong if row["note_html"])
    return Verdict(correct=not wrong, notes=notes, wrong=tuple(row["id"] for row in wrong))


def _right(columns: Columns) -> Callable[[Spec], SafeString]:
    def right(spec: Spec) -> SafeString:
        words = columns(spec)
        return _list([(trusted(row["text_html"]), words[row["column"]]) for row in spec["rows"]])

    return right


def _list(lines: Sequence[tuple[SafeString | str, SafeString | str]]) -> SafeString:
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: <strong>{}</strong></li>", lines))


def _present(columns: Columns) -> Callable[[Spec, int, Answer], dict[str, Any]]:
    def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
        given, words = answer.get("rows", {}), columns(spec)
        rows = [{**row, "chosen": given.get(row["id"], "")} for row in shuffled(spec["rows"], seed)]
        lines = [(trusted(row["text_html"]), words.get(row["chosen"], "–")) for row in rows]
        shown = [{"id": name, "text": text} for name, text in words.items()]
        return {"rows": rows, "columns": shown, "given": _list(lines) if given else ""}

    return present


def _kind(columns: Columns) -> Kind:
    return Kind("reviews/kinds/sorting.html", read, grade, _right(columns), _present(columns))


CONTRAST = _kind(contrast_columns)
WHAT_IF = _kind(effect_columns)
