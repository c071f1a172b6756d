"""Where an answer differs, read from a check's `details`: a heat-map with its words and its table.

The JSON comes from a runner, so nothing of it is taken on trust: what is no small matrix of numbers is not shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from django.utils.translation import gettext as _

from residual.ui.heat import Heat, heat

MOST: Final = 16
Numbers = list[list[float | None]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: the size of the error, and both values where they are there."""

    error: str
    got: str = ""
    expected: str = ""
    bad: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of the matrix: its name and the places that its cells stand for, "0–2"."""

    name: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A slice of the answer, drawn and told."""

    heat: Heat
    first: tuple[int, int] | None  # column and row
    where: str
    rows: Axis
    columns: Axis
    cells: tuple[tuple[Cell, ...], ...]
    pooled: bool
    with_values: bool
    first_at: str
    not_finite: bool = False

    @property
    def title(self) -> str:
        words = _("Where it is not finite") if self.not_finite else _("Where it differs")
        return f"{words} · {self.where}" if self.where else words

    @property
    def table(self) -> list[tuple[str, tuple[Cell, ...]]]:
        """Rows with the names of their places."""
        return list(zip(self.rows.places, self.cells, strict=True))


def read_difference(details: Mapping[str, Any]) -> Difference | None:
    """The picture of `details["difference"]`, or None where there is none that can be drawn."""
    found = details.get("difference")
    if not isinstance(found, dict) or (errors := numbers(found.get("error"))) is None:
        return None
    limit = number(details.get("tolerance")) or 0.0
    got, expected = (same_size(numbers(found.get(key)), errors) for key in ("got", "expected"))
    first = _place(found.get("first"), errors)
    rows, columns = read_axis(found.get("rows"), len(errors)), read_axis(found.get("columns"), len(errors[0]))
    return Difference(
        heat=heat(errors, limit),
        first=(first[1], first[0]) if first else None,
        where=_fixed(found.get("fixed")),
        rows=rows,
        columns=columns,
        cells=tuple(_row(at, errors, got, expected, limit, first) for at in range(len(errors))),
        pooled=any("–" in place for place in (*rows.places, *columns.places)),
        with_values=got is not None and expected is not None,
        first_at=_at(first, rows, columns) if first else "",
        not_finite=found.get("what") == "not finite",
    )


def number(value: Any) -> float | None:
    """A finite number, or None for anything else."""
    if type(value) not in (int, float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def numbers(value: Any) -> Numbers | None:
    """A rectangular matrix of at most 16 × 16; entries that are no numbers are None."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST:
        return None
    if not all(isinstance(row, list) and 0 < len(row) <= MOST and len(row) == len(value[0]) for row in value):
        return None
    return [[number(entry) for entry in row] for row in value]


def same_size(value: Numbers | None, like: Numbers) -> Numbers | None:
    """`value` if it has the size of `like`."""
    return value if value and (len(value), len(value[0])) == (len(like), len(like[0])) else None


def short(value: float | None) -> str:
    """Three digits; a dash for what is no number."""
    return "–" if value is None else f"{value:.3g}"


def _row(
    at: int, errors: Numbers, got: Numbers | None, expected: Numbers | None, limit: float, first: Sequence[int] | None
) -> tuple[Cell, ...]:
    mine = got[at] if got else []
    theirs = expected[at] if expected else []
    return tuple(
        Cell(
            error=short(error),
            got=short(value) if got else "",
            expected=short(wanted) if expected else "",
            bad=error is None or error > limit,
            first=first is not None and (at, column) == tuple(first),
        )
        for column, (error, value, wanted) in enumerate(zip_longest(errors[at], mine, theirs))
    )


def read_axis(value: Any, count: int) -> Axis:
    """Cell i of a pooled axis stands for the places i · step to (i + 1) · step − 1."""
    found = value if isinstance(value, dict) else {}
    step, size = (_whole(found.get(key)) for key in ("step", "size"))
    name = str(found.get("name") or "")[:40]
    if step <= 1:
        return Axis(name, tuple(str(at) for at in range(count)))
    last = size - 1 if size > 0 else count * step - 1
    spans = ((at * step, min((at + 1) * step - 1, last)) for at in range(count))
    return Axis(name, tuple(f"{low}–{high}" if high > low else str(low) for low, high in spans))


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 10**9 else 0


def _place(value: Any, like: Numbers) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2 or any(type(at) is not int for at in value):
        return None
    row, column = value
    return (row, column) if 0 <= row < len(like) and 0 <= column < len(like[0]) else None


def _fixed(value: Any) -> str:
    """The slice's place along the other axes: "B = 0, H = 2"; nothing for a matrix."""
    places = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    return ", ".join(f"{entry.get('name') or _('axis')} = {entry.get('index', '?')}" for entry in places[:8])


def _at(first: tuple[int, int], rows: Axis, columns: Axis) -> str:
    sides = [(rows.name or _("row"), rows.places[first[0]]), (columns.name or _("column"), columns.places[first[1]])]
    return ", ".join(f"{name} {place}" for name, place in sides)
