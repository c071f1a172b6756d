"""Submissions that a demo learner made in the past: the catalogue's known-bad solutions first, its reference last.

No runner judged them. Which checks a known-bad solution fails is written in its first line and held by the lab's own
proof, so the verdicts are those that a runner gives; each submission names `demo` as its runner.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from labs import dispatch, events
from labs.catalog_files import CATALOG
from labs.models import Lab, LabCheck, Submission
from labs.queries import live_checks
from residual.accounts.models import User
from residual.portability.demo.account import insist

RUNNER: Final = "demo"
FAILS: Final = re.compile(r"# fails: (.*)\n")


@dataclass(frozen=True, slots=True)
class Try:
    """One file and the checks that it fails; none for the reference."""

    source: str
    fails: frozenset[str]


def tries(lab: Lab, chance: random.Random) -> list[Try]:
    """Up to two mistakes of the catalogue, then the reference."""
    files = sorted((CATALOG / lab.slug / "wrong").glob("*.py"))
    known = [attempt for file in files if (attempt := _known_bad(file.read_text(encoding="utf-8")))]
    return [*chance.sample(known, min(chance.randint(0, 2), len(known))), Try(lab.solution, frozenset())]


def submit(user: User, lab: Lab, attempt: Try, at: datetime) -> Submission:
    """Send and judge `attempt` at the instant `at`, with credit and evidence. Raises DemoError for a real account."""
    insist(user)
    took = timedelta(milliseconds=180 + len(attempt.source) % 700)  # no clock measured it
    with transaction.atomic():
        submission = Submission.objects.create(
            user=user,
            lab=lab,
            lane=lab.lane,
            source=attempt.source,
            filename=lab.filename,
            judge_id=lab.judge_id,
            limits=lab.limits,
            status=Submission.Status.RUNNING,
            attempt=1,
            runner=RUNNER,
            fingerprint="",
            started_at=at,
        )
        events.record_verdict(submission.pk, 1, _report(live_checks(lab), attempt, took))
        Submission.objects.filter(pk=submission.pk).update(created_at=at, finished_at=at + took)
    submission.refresh_from_db()
    return submission


def _known_bad(text: str) -> Try | None:
    claim = FAILS.match(text)
    if claim is None:
        return None
    source = "\n".join(line for line in text.splitlines() if not line.startswith(("# fails:", "# mistake:")))
    return Try(source.lstrip("\n") + "\n", frozenset(re.findall(r"[a-z0-9-]+", claim[1])))


def _report(checks: Iterable[LabCheck], attempt: Try, took: timedelta) -> dispatch.Report:
    results = [_result(check, failed=check.cid in attempt.fails) for check in checks]
    failed = any(result.verdict == dispatch.Verdict.FAILED for result in results)
    wall = took.total_seconds()
    return dispatch.Report.model_validate(
        {
            "verdict": "failed" if failed else "passed",
            "checks": [result.model_dump() for result in results],
            "usage": {"wall_s": wall, "cpu_s": round(0.9 * wall, 3), "peak_mb": 61.0},
        }
    )


def _result(check: LabCheck, *, failed: bool) -> dispatch.CheckResult:
    message = f"Not so on the inputs drawn for this submission. {check.teaches}".strip() if failed else ""
    return dispatch.CheckResult.model_validate(
        {
            "id": check.cid,
            "title": check.title,
            "evidence": check.evidence,
            "verdict": "failed" if failed else "passed",
            "message": message,
        }
    )
