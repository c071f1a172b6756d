"""What a run has told over time, as curves, a table and a file: every stored point, by whom it was said."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.dispatch import MEASURED
from residual.ui.curves import Curve, curves, readable

MOST_NAMES: Final = 12
MOST_ROWS: Final = 100
STEP: Final = "step"
MEASURED_NAMES: Final[Mapping[str, str | Promise]] = {
    "memory_mb": gettext_lazy("memory (MB)"),
    "peak_mb": gettext_lazy("peak memory (MB)"),
    "gpu_memory_mb": gettext_lazy("GPU memory (MB)"),
    "gpu_peak_mb": gettext_lazy("peak GPU memory (MB)"),
    "steps_per_s": gettext_lazy("steps/s by our clock"),
}

Told = Sequence[tuple[datetime, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Run:
    """The numbers of one attempt: `rows` holds all points, `table` as many as can be read."""

    axis: str  # what the points are over: "step", or "s" since the first one
    reported: tuple[Curve, ...]
    measured: tuple[Curve, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    table: tuple[tuple[str, ...], ...]
    odd: tuple[str, ...] = ()  # names that had a value which is no finite number

    @property
    def points(self) -> int:
        return len(self.rows)

    @property
    def thinned(self) -> bool:
        return len(self.table) < len(self.rows)

    @property
    def words(self) -> str:
        """The newest values in one line, for those who hear the page."""
        if not self.rows:
            return ""
        values = zip((self.axis, *self.names), self.rows[-1], strict=True)
        return ", ".join(f"{name} {value}" for name, value in values if value)


def read_run(told: Told) -> Run | None:
    """The run behind metric events, oldest first; None if there is no number in them."""
    names = _names(told)
    if not names:
        return None
    by_step = all(_number(data.get(STEP)) is not None for _at, data in told)
    began = told[0][0]
    xs = [_number(data[STEP]) or 0.0 if by_step else (at - began).total_seconds() for at, data in told]
    series = [(name, [(x, _number(data.get(name))) for x, (_at, data) in zip(xs, told, strict=True)]) for name in names]
    mine = [(name, points) for name, points in series if name not in MEASURED]
    ours = [(str(MEASURED_NAMES.get(name, name)), points) for name, points in series if name in MEASURED]
    rows = tuple(
        (readable(x), *(_words(data.get(name)) for name in names)) for x, (_at, data) in zip(xs, told, strict=True)
    )
    return Run(
        axis=STEP if by_step else _("seconds"),
        reported=tuple(curves(mine)),
        measured=tuple(curves(ours)),
        names=tuple(str(MEASURED_NAMES.get(name, name)) for name in names),
        rows=rows,
        table=_thinned(rows),
        odd=tuple(name for name in names if any(_is_odd(data.get(name)) for _at, data in told)),
    )


def as_csv(run: Run) -> str:
    """Every point, one row each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([run.axis, *run.names])
    writer.writerows(run.rows)
    return text.getvalue()


def _names(told: Told) -> list[str]:
    """Names that have a number somewhere, in the order of their first one; the axis is none of them."""
    found: dict[str, None] = {}
    for _at, data in told:
        found.update(dict.fromkeys(name for name, value in data.items() if _is_value(value)))
    return [name for name in found if name != STEP and len(name) <= 40 and name.isidentifier()][:MOST_NAMES]


def _is_value(value: Any) -> bool:
    return _number(value) is not None or _is_odd(value)


def _is_odd(value: Any) -> bool:
    """Not-a-number and infinity travel as words."""
    return value in {"nan", "inf", "-inf"} if isinstance(value, str) else False


def _number(value: Any) -> float | None:
    if type(value) not in (int, float) or abs(value) > 1e300 or not math.isfinite(value):
        return None
    return float(value)


def _words(value: Any) -> str:
    number = _number(value)
    return readable(number) if number is not None else (value if _is_odd(value) else "")


def _thinned(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Evenly chosen rows, the first and the last among them."""
    if len(rows) <= MOST_ROWS:
        return rows
    return tuple(rows[round(at * (len(rows) - 1) / (MOST_ROWS - 1))] for at in range(MOST_ROWS))
