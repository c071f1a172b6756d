"""The checks on the bench: each with what the learner's last submission of the lab found, or is about to find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labs import queries, report
from labs.models import CheckResult, Lab, LabCheck, Submission
from labs.placement import Shortfall
from labs.report import CheckRow, Metrics
from labs.runs import Run as Curves
from labs.runs import read_run
from residual.accounts.models import User

RECENT: Final = 20


@dataclass(frozen=True, slots=True)
class Row:
    """`live`: its result is still to come."""

    check: CheckRow
    live: bool


@dataclass(frozen=True, slots=True)
class Run:
    """The last submission, none before the first. `judged` of its checks have a result, `passed` passed."""

    rows: list[Row]
    recent: list[Submission]
    solution_open: bool
    gave_up: bool
    submission: Submission | None = None
    live: bool = False
    passed: int = 0
    judged: int = 0
    position: int | None = None
    shortfall: Shortfall | None = None
    metrics: Metrics | None = None
    curves: Curves | None = None
    log: str = ""
    last_event: int = 0


def last_run(user: User, lab: Lab) -> Run:
    """What the bench shows below the editor, after a reload too."""
    checks = list(queries.live_checks(lab))
    recent = list(queries.submissions_of(user).filter(lab=lab).order_by("-created_at")[:RECENT])
    standing = (recent, queries.solution_is_open(user, lab), queries.lab_help(user, lab).gave_up_at is not None)
    if not recent:
        return Run([Row(report.check_row(check, None, {}), live=False) for check in checks], *standing)
    found = recent[0]
    results = {result.cid: result for result in found.results.all()}
    rows = [_row(found, check, results.get(check.cid)) for check in checks]
    last_event = queries.last_event(found)
    position, shortfall = queries.place(found)
    return Run(
        rows,
        *standing,
        found,
        live=not found.finished,
        passed=sum(row.check.state == "passed" for row in rows),
        judged=sum(bool(row.check.verdict) for row in rows),
        position=position,
        shortfall=shortfall,
        metrics=report.metrics(queries.metrics_until(found, last_event)),
        curves=read_run(queries.told_metrics(found)),
        log=found.log if found.finished else queries.log_until(found, last_event),
        last_event=last_event,
    )


def _row(found: Submission, check: LabCheck, result: CheckResult | None) -> Row:
    wanted = found.checks is None or check.cid in found.checks
    return Row(report.check_row(check, result, found.limits), live=wanted and not found.finished)
