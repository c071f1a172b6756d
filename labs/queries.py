"""What pages and the API read. Every query about a learner's things starts from the learner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet
from django.shortcuts import get_object_or_404

from labs.credit import PARTIAL
from labs.models import CheckResult, Draft, Event, Lab, LabCheck, LabHelp, Runner, Submission, Verdict
from labs.placement import Shortfall, standing
from labs.queue import strength
from residual.accounts.models import User
from residual.progress.models import Completion
from residual.progress.queries import LabStep


def live_labs() -> QuerySet[Lab]:
    return Lab.objects.filter(retired_at__isnull=True)


def live_lab(slug: str) -> Lab:
    """Raises Http404 for unknown and retired labs."""
    return get_object_or_404(live_labs(), slug=slug)


def labs_of_skill(skill: str) -> QuerySet[Lab]:
    """The labs with a check of this skill, in the catalogue's order."""
    checks = LabCheck.objects.filter(skill=skill, retired_at__isnull=True).exclude(skill="")
    return live_labs().filter(pk__in=checks.values("lab")).order_by("order", "pk")


def live_checks(lab: Lab) -> QuerySet[LabCheck]:
    return lab.checks.filter(retired_at__isnull=True)


def draft(user: User, lab: Lab) -> Draft | None:
    return Draft.objects.filter(user=user, lab=lab).first()


def lab_help(user: User, lab: Lab) -> LabHelp:
    """The help row, or an unsaved one for a learner who asked for none."""
    return LabHelp.objects.filter(user=user, lab=lab).first() or LabHelp(user=user, lab=lab)


def submissions_of(user: User) -> QuerySet[Submission]:
    return Submission.objects.filter(user=user).select_related("lab")


def submission_of(user: User, submission_id: UUID) -> Submission:
    """Raises Http404 for unknown ones and for those of others."""
    return get_object_or_404(submissions_of(user), pk=submission_id)


def latest_submission(user: User) -> Submission | None:
    return submissions_of(user).order_by("-created_at").first()


def place(submission: Submission) -> tuple[int | None, Shortfall | None]:
    """Its place in its lane, 1 for the next one, and what no runner has that it needs; None if it does not wait."""
    if submission.status != Submission.Status.QUEUED:
        return None, None
    places, shortfalls = standing()
    return places.get(submission.pk), shortfalls.get(submission.pk)


def queue_position(submission: Submission) -> int | None:
    """1 for the next in its lane; None when it does not wait, or no runner can take it."""
    return place(submission)[0]


def last_event(submission: Submission) -> int:
    """The number of the newest stored event, 0 if there is none."""
    return submission.events.aggregate(last=Max("pk"))["last"] or 0


def metrics_until(submission: Submission, event: int) -> Mapping[str, Any]:
    """The newest metrics of the present attempt among the events up to number `event`."""
    told = _told(submission, "metric", event).order_by("-pk").values_list("data", flat=True)
    return told.first() or {}


def told_metrics(submission: Submission) -> list[tuple[datetime, Mapping[str, Any]]]:
    """Every metric that the present attempt has told, with its time, oldest first."""
    return list(
        submission.events.filter(attempt=submission.attempt, kind="metric").order_by("pk").values_list("at", "data")
    )


def log_until(submission: Submission, event: int) -> str:
    """What the present attempt has printed so far, as the stream told it up to number `event`."""
    told = _told(submission, "log", event).order_by("pk").values_list("data", flat=True)
    return "".join(f"{data.get('text', '')}\n" for data in told)


def _told(submission: Submission, kind: str, event: int) -> QuerySet[Event]:
    return submission.events.filter(attempt=submission.attempt, kind=kind, pk__lte=event)


def completions(user: User) -> dict[str, Completion]:
    """What the learner has of each lab, by the lab's id."""
    return {entry.ref: entry for entry in Completion.objects.filter(user=user, kind=Completion.Kind.LAB)}


def completion(user: User, lab: Lab) -> Completion | None:
    return Completion.objects.filter(user=user, kind=Completion.Kind.LAB, ref=lab.pk).first()


def solution_is_open(user: User, lab: Lab) -> bool:
    """After a pass, or after giving up."""
    found = completion(user, lab)
    return bool(found and found.completed_at) or lab_help(user, lab).gave_up_at is not None


def sandbox_level() -> str | None:
    """The weakest level among the runners known to the site; None before the first one came."""
    return min(Runner.objects.values_list("level", flat=True), key=strength, default=None)


def lab_steps(user: User) -> dict[str, LabStep]:
    """For each lab the next behavioural check to pass and the lab's share after that, in two queries."""
    passed: dict[str, set[str]] = defaultdict(set)
    results = CheckResult.objects.filter(
        submission__user=user, submission__status=Submission.Status.DONE, verdict=Verdict.PASSED
    )
    for lab, cid in results.values_list("submission__lab", "cid").distinct():
        passed[lab].add(cid)
    checks: dict[str, list[LabCheck]] = defaultdict(list)
    live = LabCheck.objects.filter(behavioural=True, retired_at__isnull=True, lab__retired_at__isnull=True)
    for check in live.order_by("lab", "order"):
        checks[check.lab_id].append(check)
    steps = {lab: _next_step(of_lab, passed[lab]) for lab, of_lab in checks.items()}
    return {lab: step for lab, step in steps.items() if step is not None}


def _next_step(checks: list[LabCheck], passed: set[str]) -> LabStep | None:
    """The last open check brings the whole lab; before that each brings its part of the half."""
    still_open = [check for check in checks if check.cid not in passed]
    if not still_open:
        return None
    done = len(checks) - len(still_open) + 1
    share = PARTIAL * done / len(checks) if len(still_open) > 1 else 1.0
    return LabStep(still_open[0].title, share)
