"""A submission's findings in the words and shapes that pages show. Reads any JSON a runner may have sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.difference import Difference, read_difference
from labs.dispatch import MEASURED
from labs.models import CheckResult, EvidenceKind, LabCheck, Submission, Verdict
from labs.pictures import Picture, read_pictures
from labs.shapes import AxisPair, read_shapes

EVIDENCE_WORDS: Final[Mapping[str, str | Promise]] = {
    EvidenceKind.COMPUTED: gettext_lazy("Your outputs on fresh inputs were compared outside your process."),
    EvidenceKind.SCORED: gettext_lazy("Your predictions or weights were evaluated outside your process."),
    EvidenceKind.METERED: gettext_lazy("Time and memory were measured from outside your process."),
    EvidenceKind.OBSERVED: gettext_lazy("Your process reported this about itself; no lab passes on this alone."),
    EvidenceKind.POLICY: gettext_lazy("Your source was read, not run; no lab passes on this alone."),
}
_MEASURED_WORDS: Final[Mapping[str, str | Promise]] = {
    "memory_mb": gettext_lazy("memory %(value)s MB"),
    "peak_mb": gettext_lazy("peak memory %(value)s MB"),
    "gpu_peak_mb": gettext_lazy("peak GPU memory %(value)s MB"),
    "steps_per_s": gettext_lazy("%(value)s steps/s by our clock"),
}
LAST_LINE: Final = 10**6
MOST_SNIPPET: Final = 8000
_UNITS: Final = (
    ("wall_s", "wall_s", gettext_lazy("time"), "s"),
    ("cpu_s", "cpu_s", gettext_lazy("CPU time"), "s"),
    ("peak_mb", "memory_mb", gettext_lazy("memory"), "MB"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One of the learner's own lines: in a traceback, or named by a rule on the source (without function and text)."""

    line: int
    function: str = ""
    text: str = ""
    part: str = ""  # of an earlier lab, where the line is in one and not in what was sent


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check on the page. `verdict` is empty while it has not run."""

    cid: str
    title: str
    evidence: str
    verdict: str = ""
    teaches: str = ""
    message: str = ""
    facts: tuple[Fact, ...] = ()
    shapes: tuple[AxisPair, ...] = ()
    difference: Difference | None = None
    misconception: str = ""
    traceback: tuple[Frame, ...] = ()
    snippet: str = ""
    pictures: tuple[Picture, ...] = ()
    usage: tuple[Fact, ...] = ()

    @property
    def state(self) -> str:
        """The class of the row: passed, failed, or empty while it waits."""
        if not self.verdict:
            return ""
        return "passed" if self.verdict == Verdict.PASSED else "failed"

    @property
    def needs_probe(self) -> bool:
        """Whether the snippet runs with the lab's `probe.py` beside it."""
        return "\nimport probe" in self.snippet

    @property
    def verdict_words(self) -> str:
        return str(Verdict(self.verdict).label) if self.verdict in Verdict.values else self.verdict

    @property
    def evidence_name(self) -> str:
        return str(EvidenceKind(self.evidence).label) if self.evidence in EvidenceKind.values else self.evidence


def check_rows(submission: Submission, checks: Sequence[LabCheck], results: Iterable[CheckResult]) -> list[CheckRow]:
    """The lab's checks in order, each with its result where there is one; results of checks that are gone come last."""
    wanted = [check for check in checks if submission.checks is None or check.cid in submission.checks]
    found = {result.cid: result for result in results}
    known = [check_row(check, found.pop(check.cid, None), submission.limits) for check in wanted]
    return known + [check_row(None, result, submission.limits) for result in found.values()]


def check_row(check: LabCheck | None, result: CheckResult | None, limits: Mapping[str, Any]) -> CheckRow:
    """One row from the lab's check, its result, or both."""
    if result is None:
        assert check is not None  # noqa: S101 - callers have one of the two
        return CheckRow(check.cid, check.title, check.evidence, teaches=check.teaches)
    details = result.details if isinstance(result.details, dict) else {}
    shapes = tuple(read_shapes(details))
    return CheckRow(
        cid=result.cid,
        title=result.title,
        evidence=result.evidence,
        verdict=result.verdict,
        teaches=check.teaches if check else "",
        message=result.message,
        facts=tuple(_facts(details, () if shapes else ("expected", "got"))),
        shapes=shapes,
        difference=read_difference(details),
        misconception=_misconception(details, result.message),
        traceback=tuple(_frames(details)),
        snippet=_snippet(details),
        pictures=read_pictures(details),
        usage=usage_facts(result.usage, limits),
    )


def evidence_facts(rows: Iterable[CheckRow]) -> list[Fact]:
    """What each kind of evidence among `rows` means."""
    present = {row.evidence for row in rows}
    return [Fact(str(kind.label), str(EVIDENCE_WORDS[kind])) for kind in EvidenceKind if kind in present]


def usage_facts(usage: Mapping[str, Any], limits: Mapping[str, Any]) -> tuple[Fact, ...]:
    """What was used, of what was allowed where that is known: "0.04 of 5 s"."""
    return tuple(
        Fact(str(name), f"{_used(usage[used], limits.get(allowed))} {unit}")
        for used, allowed, name, unit in _UNITS
        if used in usage
    )


def _used(used: Any, limit: Any) -> str:
    if limit is None:
        return _plain(used)
    return _("%(used)s of %(limit)s") % {"used": _plain(used), "limit": _plain(limit)}


@dataclass(frozen=True, slots=True)
class Metrics:
    """Numbers of a run that goes on, apart by who says them."""

    reported: tuple[Fact, ...] = ()
    measured: tuple[str, ...] = ()


def metrics(data: Mapping[str, Any]) -> Metrics:
    """A metric event for people: what the learner's code reports, then what the runner measures."""
    reported = tuple(Fact(str(name), _plain(value)) for name, value in data.items() if name not in MEASURED)
    known = ((name, words) for name, words in _MEASURED_WORDS.items() if name in data)
    return Metrics(reported, tuple(str(words) % {"value": _plain(data[name])} for name, words in known))


def limit_facts(limits: Mapping[str, Any]) -> list[Fact]:
    """Every limit of a check, for the lab's page."""
    words = {
        "wall_s": (_("time"), "s"),
        "cpu_s": (_("CPU time"), "s"),
        "memory_mb": (_("memory"), "MB"),
        "processes": (_("processes and threads"), ""),
        "file_mb": (_("one file"), "MB"),
        "disk_mb": (_("disk"), "MB"),
        "inodes": (_("files"), ""),
        "log_kb": (_("log"), "kB"),
        "result_mb": (_("answer"), "MB"),
    }
    return [Fact(name, f"{_plain(limits[key])} {unit}".strip()) for key, (name, unit) in words.items() if key in limits]


def _facts(details: Mapping[str, Any], sides: Iterable[str]) -> Iterable[Fact]:
    """What is known of a failure; `sides` are the keys of both sides' values, unless they are shown elsewhere."""
    axes = _records(details.get("axes"))
    if axes:
        yield Fact(_("axes"), " · ".join(f"{axis.get('name', '?')} = {axis.get('size', '?')}" for axis in axes))
    if "first_bad_index" in details:
        yield Fact(_("first difference at"), _place(details["first_bad_index"], axes))
    names = {"expected": _("expected"), "got": _("got")}
    yield from (Fact(names[key], _plain(details[key])) for key in sides if key in details)
    if "max_error" in details:
        yield Fact(_("largest error"), _error(details))
    yield from _input_facts(details.get("inputs"))


def _input_facts(inputs: Any) -> Iterable[Fact]:
    """The drawn tensors' named shapes, and the seed that draws them again."""
    if not isinstance(inputs, dict):
        return
    shapes = [_shape(_records(tensor)) for tensor in _list(inputs.get("tensors")) if _records(tensor)]
    if shapes:
        yield Fact(_("inputs"), ", ".join(_counted(shapes)))
    if "seed" in inputs:
        yield Fact(_("seed"), _plain(inputs["seed"]))


def _counted(words: Iterable[str]) -> Iterable[str]:
    """Neighbours that are equal once, with their number."""
    for word, same in groupby(words):
        number = len(list(same))
        yield f"{word} × {number}" if number > 1 else word


def _shape(axes: Sequence[Mapping[str, Any]]) -> str:
    """Named axes as one shape: "(B 2, T 5)"."""
    inside = ", ".join(f"{axis.get('name', '?')} {axis.get('size', '?')}" for axis in axes)
    return f"({inside})"


def _place(index: Any, axes: Sequence[Mapping[str, Any]]) -> str:
    """An index with its axes' names, "B = 0, T = 3"."""
    if not isinstance(index, list) or len(index) != len(axes):
        return _plain(index)
    return ", ".join(f"{axis.get('name', '?')} = {at}" for axis, at in zip(axes, index, strict=True))


def _error(details: Mapping[str, Any]) -> str:
    error = _plain(details["max_error"])
    if "tolerance" not in details:
        return error
    return _("%(error)s (allowed %(tolerance)s)") % {"error": error, "tolerance": _plain(details["tolerance"])}


def _misconception(details: Mapping[str, Any], message: str) -> str:
    """The likely mistake in a sentence, unless the message names it already."""
    found = details.get("misconception")
    if not isinstance(found, dict) or not found.get("text") or str(found["text"]) in message:
        return ""
    return _("Your answer equals %(mistake)s to %(distance)s.") % {
        "mistake": found["text"],
        "distance": _plain(found.get("distance", "?")),
    }


def _snippet(details: Mapping[str, Any]) -> str:
    """Python that repeats the check's call; nothing where there is none of a length to read."""
    found = details.get("snippet")
    return found if isinstance(found, str) and len(found) <= MOST_SNIPPET else ""


def _frames(details: Mapping[str, Any]) -> Iterable[Frame]:
    if (line := _line(details.get("line"))) > 0:
        yield Frame(line)
    for frame in _records(details.get("traceback")):
        part = str(frame.get("part", ""))
        yield Frame(_line(frame.get("line")), str(frame.get("function", "?")), str(frame.get("text", "")), part)


def _line(value: Any) -> int:
    """A line's number, 0 where it is not known."""
    return value if type(value) is int and 0 < value < LAST_LINE else 0


def blamed_lines(rows: Iterable[CheckRow]) -> frozenset[int]:
    """The lines of the learner's file that any check points at."""
    return frozenset(frame.line for row in rows for frame in row.traceback if frame.line and not frame.part)


def _records(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in _list(value) if isinstance(entry, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _plain(value: Any) -> str:
    """JSON for people: `B: 2, T: 3` instead of braces and quotes."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return f"({', '.join(_plain(item) for item in value)})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
