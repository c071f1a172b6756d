"""What `lab test` shows a person while it judges: on a terminal with one line that changes, elsewhere plain lines."""

from __future__ import annotations

import shutil
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from gpu_runner.protocol import MEASURED, CheckResult, Report, Verdict

MARGIN: Final = 13  # the column in which words begin, behind the verdict
PLAIN_GAP_S: Final = 5.0
MARK, SIDE = 12, 64  # columns of a trace
MARKS: Final = {"same": "same", "moved": "MOVED", "differs": "DIFFERS", "mine": "yours only", "theirs": "theirs only"}
ERASE: Final = "\r\x1b[K"


def printable(text: str) -> str:
    """A learner's text for a terminal, without the control characters that move its cursor or rename its window."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def spell_metrics(values: dict[str, Any]) -> str:
    """`step 120, loss 0.412; peak 212 MiB, 30 steps/s`: what the code reports, then what is measured."""
    reported = ", ".join(f"{name} {_number(value)}" for name, value in values.items() if name not in MEASURED)
    measured = [f"peak {values['peak_mb']:.0f} MiB"] if "peak_mb" in values else []
    measured += [f"GPU peak {values['gpu_peak_mb']:.0f} MiB"] if "gpu_peak_mb" in values else []
    measured += [f"{_number(values['steps_per_s'])} steps/s"] if "steps_per_s" in values else []
    return "; ".join(part for part in (reported, ", ".join(measured)) if part)


def _number(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def spell_steps(picture: dict[str, Any]) -> list[str]:
    """A trace as lines of text; nothing for other pictures, which only a page can show."""
    if picture["kind"] != "steps":
        return []
    lines = [f"{'':{MARK}}{'yours':{SIDE}}  the reference's"]
    for at, row in enumerate(picture["rows"]):
        line = f"{MARKS[row['mark']]:{MARK}}{_side(row['mine']):{SIDE}}  {_side(row['theirs'])}".rstrip()
        lines.append(line + ("  <-- here they part" if at == picture["first"] else ""))
    return lines


def _side(step: dict[str, Any] | None) -> str:
    if step is None:
        return "-"
    shape = " ".join(f"{axis['name'] and axis['name'] + '='}{axis['size']}" for axis in step["shape"])
    where = f"line {step['line']} " if step["line"] else ""
    return f"{where}{step['name']} ({shape}) {step['dtype']} {_number(step['mean'])}±{_number(step['std'])}"


def _told_by(result: CheckResult) -> list[str]:
    """The lines below a check's title: its message, and where in the learner's code."""
    frames = result.details.get("traceback", [])
    where = [f"line {f['line']}{f['function'] and ', in '}{f['function']}: {f['text']}" for f in frames]
    shown = (line for picture in result.details.get("pictures", []) for line in spell_steps(picture))
    return [*result.message.splitlines(), *where, *shown]


@dataclass(slots=True)
class Screen:
    """Shows checks as they land, output and metrics as they come, and the summary."""

    out: TextIO
    titles: Sequence[str]
    clock: Callable[[], float] = time.monotonic
    _landed: int = 0
    _metrics: str = ""
    _told: set[str] = field(default_factory=set)
    _last_metrics_at: float = float("-inf")
    _status: bool = False
    _said: list[str] = field(default_factory=list)

    def check(self, result: CheckResult) -> None:
        """A check is decided."""
        if self._metrics:
            self._line(f"{'':{MARGIN}}{self._metrics}")
        self._metrics = ""
        self._landed += 1
        mark = "passed" if result.verdict is Verdict.PASSED else result.verdict.value.upper()
        said = _told_by(result)
        self._line(
            f"{mark:{MARGIN}}{result.title}  [{result.evidence.value}, {result.usage.wall_s * 1000:.0f} ms]",
            *self._indented(["as above"] if said and said == self._said else said),
        )
        self._said = said

    def news(self, kind: str, data: dict[str, Any]) -> None:
        """Something was printed, or numbers were reported, by the learner's code."""
        if kind == "log":
            lines = str(data["text"]).splitlines()
            self._told.update(lines)
            self._line(*(f"{'':{MARGIN}}| {line}" for line in lines))
            return
        self._metrics = spell_metrics(data)
        if not self.out.isatty() and self.clock() - self._last_metrics_at >= PLAIN_GAP_S:
            self._last_metrics_at = self.clock()
            self._line(f"{'':{MARGIN}}{self._metrics}")
            self._metrics = ""
        self._show_status()

    def begin(self) -> None:
        """Judging has begun."""
        self._show_status()

    def done(self, report: Report) -> None:
        """The verdict is there."""
        self._landed = len(self.titles)
        missed = [line for line in report.log.splitlines() if line not in self._told and not line.startswith("[")]
        if missed:
            self._line("--- output ---", report.log.rstrip(), "--------------")
        if not report.checks:
            self._line(f"{report.verdict.value}: {report.message}")
            return
        used, limits = report.usage, report.limits
        self._line(
            f"{report.verdict.value}: {used.wall_s:.2f} s, {used.cpu_s:.2f} s CPU, peak {used.peak_mb:.0f} MiB "
            f"(per check: {limits.wall_s:g} s, {limits.cpu_s:g} s CPU, {limits.memory_mb} MiB); "
            f"level {report.level.value}"
        )
        if report.message:
            self._line(report.message)

    def _indented(self, lines: Sequence[str]) -> list[str]:
        """Below the title, and broken where the terminal ends."""
        if not self.out.isatty():
            return [f"{'':{MARGIN}}{line}" for line in lines]
        width = max(40, shutil.get_terminal_size().columns - 1)
        indent = " " * MARGIN
        return [
            part
            for line in lines
            for part in textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=indent) or [""]
        ]

    def _line(self, *lines: str) -> None:
        """Whole lines, in the place of the one that changes, which comes back below them."""
        erase = ERASE if self._status else ""
        self._status = False
        self.out.write(erase + "".join(f"{printable(line)}\n" for line in lines))
        self._show_status()
        self.out.flush()

    def _show_status(self) -> None:
        if not self.out.isatty() or self._landed >= len(self.titles):
            return
        text = f"{'…':{MARGIN}}{self.titles[self._landed]}  {self._metrics}".rstrip()
        self.out.write(ERASE + printable(text)[: shutil.get_terminal_size().columns - 1])
        self._status = True
        self.out.flush()
