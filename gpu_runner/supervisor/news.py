"""What a run tells while it goes on, thinned out for people: text that it prints, numbers that it reports.

All of it comes from the learner's process. It is shown and never judged; only the names in MEASURED are ours, and a
report that uses one of them is ignored there.
"""

from __future__ import annotations

import codecs
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from gpu_runner.protocol import MEASURED
from gpu_runner.supervisor.logs import clean

MIN_GAP_S: Final = 0.25
GAPS: Final = 400  # after 100 s the gaps grow with the run, so that an hour's run tells some 2,000 times and not 14,400
KEPT_BYTES: Final = 4096  # of what was reported since it was last told: the newest
TEXT: Final = 16 * 1024  # characters in one piece of log; the whole log comes with the verdict
MAX_NAMES: Final = 12
LARGEST: Final = 1e15  # integers are exact in every browser up to here
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,23}")

Tell = Callable[[Literal["log", "metric"], dict[str, Any]], None]


def tell_nobody(_kind: str, _data: dict[str, Any]) -> None:
    """For callers that want the report only."""


@dataclass(slots=True)
class News:
    """The news of one submission, over all its calls."""

    tell: Tell = tell_nobody
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _due: float = field(init=False)
    _reports: bytes = b""
    _text: str = ""
    _decoder: codecs.IncrementalDecoder = field(init=False)
    _first: tuple[float, float] | None = None
    _memory_mb: float = 0.0
    _peak_mb: float = 0.0
    _gpu_mb: float = 0.0
    _gpu_peak_mb: float = 0.0

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._due = self._began + MIN_GAP_S
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def begin_call(self) -> None:
        """Steps are counted anew in each call."""
        self._first = None

    def printed(self, data: bytes) -> None:
        """Take a piece of what was printed; of a flood the newest part."""
        self._text = (self._text + self._decoder.decode(data))[-2 * TEXT :]

    def reported(self, data: bytes) -> None:
        """Take a piece of what was reported; of a flood the newest part."""
        self._reports = (self._reports + data)[-KEPT_BYTES:]

    def tick(self, memory_mb: float, peak_mb: float, gpu_mb: float = 0.0, gpu_peak_mb: float = 0.0) -> None:
        """Tell what is new, if the last time was long enough ago. Memory, now and at most, is measured from outside."""
        self._memory_mb, self._peak_mb = memory_mb, peak_mb
        self._gpu_mb, self._gpu_peak_mb = gpu_mb, gpu_peak_mb
        now = self.clock()
        if now < self._due:
            return
        self._due = now + max(MIN_GAP_S, (now - self._began) / GAPS)
        self._tell_metrics(now)
        self._tell_log()

    def finish(self) -> None:
        """Tell the last values; the log comes whole with the verdict."""
        self._tell_metrics(self.clock())

    def _tell_metrics(self, now: float) -> None:
        *lines, self._reports = self._reports.split(b"\n")
        values: dict[str, Any] = {}
        for line in lines:
            values |= read_report(line)
        if not values:
            return
        shown = dict(list(values.items())[-MAX_NAMES:])
        self.tell("metric", clean({**shown, **self._measured(values.get("step"), now)}))

    def _measured(self, step: float | None, now: float) -> dict[str, float]:
        """Ours: memory, and steps per second: the count is the learner's, the clock is not."""
        measured = {"memory_mb": round(self._memory_mb, 1), "peak_mb": round(self._peak_mb, 1)}
        if self._gpu_peak_mb:
            measured["gpu_memory_mb"] = round(self._gpu_mb, 1)
            measured["gpu_peak_mb"] = round(self._gpu_peak_mb, 1)
        if step is None:
            return measured
        if self._first is None or step < self._first[0]:
            self._first = (step, now)
        first_step, began = self._first
        if step > first_step and now > began:
            measured["steps_per_s"] = float(f"{(step - first_step) / (now - began):.3g}")
        return measured

    def _tell_log(self) -> None:
        """Whole lines, unless somebody prints without ending any."""
        lines, newline, rest = self._text.rpartition("\n")
        if not newline and len(rest) > TEXT:
            lines, rest = rest, ""
        self._text = rest
        if lines:
            self.tell("log", {"text": clean(lines if len(lines) <= TEXT else f"…{lines[-TEXT:]}")})


def read_report(line: bytes) -> dict[str, Any]:
    """The numbers of one line, by name; whatever else is in it is left out. Never raises."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if _is_name(name) and _is_number(value)}


def _is_name(name: str) -> bool:
    return NAME.fullmatch(name) is not None and name not in MEASURED


def _is_number(value: object) -> bool:
    """An exact int or float that fits a page; not-a-number and infinity are numbers worth seeing."""
    return type(value) is float or (type(value) is int and abs(value) < LARGEST)
