"""The checks on the bench: each with what the learner's last submission of the lab found, or is about to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labs import queries, report
from labs.models import CheckResult, Lab, LabCheck, Submission, Verdict
from labs.placement import Shortfall
from labs.report import CheckRow, Metrics
from labs.runs import Run as Curves
from labs.runs import read_run
from residual.accounts.models import User

RECENT: Final = 20


@dataclass(frozen=True, slots=True)
class Row:
    """`live`: its result is still to come. `earlier`: what it shows is of that submission and not of the last one."""

    check: CheckRow
    live: bool
    earlier: Submission | None = None


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
    left_out = [check.cid for check in checks if found.checks is not None and check.cid not in found.checks]
    before = _earlier_results(lab, recent[1:], left_out)
    rows = [_row(found, check, results.get(check.cid)) or _earlier(check, before.get(check.cid)) for check in checks]
    last_event = queries.last_event(found)
    position, shortfall = queries.place(found)
    return Run(
        rows,
        *standing,
        found,
        live=not found.finished,
        passed=sum(result.verdict == Verdict.PASSED for result in results.values()),
        judged=len(results),
        position=position,
        shortfall=shortfall,
        metrics=report.metrics(queries.metrics_until(found, last_event)),
        curves=read_run(queries.told_metrics(found)),
        log=found.log if found.finished else queries.log_until(found, last_event),
        last_event=last_event,
    )


def _row(found: Submission, check: LabCheck, result: CheckResult | None) -> Row | None:
    """What the last submission says of a check; None if it was sent to run others only."""
    if found.checks is not None and check.cid not in found.checks:
        return None
    return Row(report.check_row(check, result, found.limits), live=not found.finished)


def _earlier(check: LabCheck, result: CheckResult | None) -> Row:
    if result is None:
        return Row(report.check_row(check, None, {}), live=False)
    submission = result.submission
    return Row(report.check_row(check, result, submission.limits), live=False, earlier=submission)


def _earlier_results(lab: Lab, submissions: Sequence[Submission], cids: Sequence[str]) -> dict[str, CheckResult]:
    """The newest result of each of these checks, by the lab's present files: others may have asked for something else.

    Only these are read whole: a result may hold pictures.
    """
    judged = {found.pk: found for found in submissions if found.finished and found.judge_id == lab.judge_id}
    if not cids or not judged:
        return {}
    results = CheckResult.objects.filter(submission__in=judged, cid__in=cids)
    newest = dict(results.order_by("submission__created_at").values_list("cid", "pk"))
    read = CheckResult.objects.filter(pk__in=newest.values())
    return {result.cid: result for result in read.select_related("submission")}
