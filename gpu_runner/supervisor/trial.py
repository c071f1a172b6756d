"""One submission while it is being judged: what was asked, what is decided, what was used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gpu_runner.protocol import MAX_SOURCE_BYTES, CheckResult, Limits, Usage, Verdict
from gpu_runner.supervisor.logs import Log, clean
from gpu_runner.supervisor.news import News

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gpu_runner.labspec import CheckSpec, LabSpec
    from gpu_runner.protocol import Part

MIN_CALL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Submission:
    """What to judge: a lab's judging files and a learner's source; `seed` fixes every draw, for tests."""

    files: Mapping[str, bytes]
    source: str
    checks: list[str] | None = None
    limits: Limits | None = None
    mine: Sequence[Part] = ()
    seed: int | None = None


@dataclass(slots=True)
class Spent:
    """Usage of one check or of a whole submission, added up call by call."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def add(self, usage: Usage | Spent) -> None:
        self.wall_s += usage.wall_s
        self.cpu_s += usage.cpu_s
        self.peak_mb = max(self.peak_mb, usage.peak_mb)

    def usage(self) -> Usage:
        return Usage(wall_s=round(self.wall_s, 4), cpu_s=round(self.cpu_s, 4), peak_mb=round(self.peak_mb, 2))


@dataclass(slots=True)
class Trial:
    """One submission being judged."""

    lab: LabSpec
    submission: Submission
    limits: Limits
    wanted: list[CheckSpec]
    on_check: Callable[[CheckResult], None]
    cancelled: Callable[[], bool]
    news: News
    results: dict[str, CheckResult] = field(default_factory=dict)
    total: Spent = field(default_factory=Spent)
    check: Spent = field(default_factory=Spent)
    current: str = ""
    log: Log = field(default_factory=Log)
    broken: str = ""
    calls: int = 0

    def record(self, spec: CheckSpec, verdict: Verdict, message: str, details: dict[str, Any]) -> None:
        if spec.id in self.results:
            return
        usage = self.check.usage() if spec.id == self.current else Usage()
        result = CheckResult(
            id=spec.id,
            title=spec.title,
            evidence=spec.evidence,
            verdict=verdict,
            message=clean(message),
            details=clean(details),
            usage=usage,
        )
        self.results[spec.id] = result
        self.on_check(result)

    def remaining(self) -> Limits:
        """What is left of the check's time for its next call."""
        return self.limits.model_copy(
            update={
                "wall_s": max(MIN_CALL_S, self.limits.wall_s - self.check.wall_s),
                "cpu_s": max(MIN_CALL_S, self.limits.cpu_s - self.check.cpu_s),
            }
        )


def source_problem(source: str, lab: LabSpec) -> str:
    """Why a source cannot be judged at all, or nothing. The site refuses these earlier, with the same words."""
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        return f"{lab.filename} is not valid UTF-8 text."
    if not source.strip():
        return f"{lab.filename} is empty."
    if size > MAX_SOURCE_BYTES:
        return f"{lab.filename} has {size // 1024} KiB; the limit is {MAX_SOURCE_BYTES // 1024} KiB."
    if "\0" in source:
        return f"{lab.filename} holds a NUL byte; save it as plain text."
    return ""
