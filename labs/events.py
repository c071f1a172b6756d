"""What a runner tells, applied exactly once: events while it judges, the verdict at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from labs import credit, dispatch
from labs.models import CheckResult, Event, Submission
from labs.queue import StaleAttemptError, fenced

INFRA_FAILURES = 3  # so often our side may fail before the learner is told
LAST_TRY_AFTER = timedelta(seconds=10)  # a short trouble of ours must not use up all tries at once
log = structlog.get_logger(__name__)


def apply(submission_id: UUID, attempt: int, events: Sequence[dispatch.Event]) -> int:
    """Store events that are new by (submission, attempt, seq) and show their checks; returns how many were new.

    Raises StaleAttemptError if `attempt` is not the running one.
    """
    with transaction.atomic():
        submission = fenced(submission_id, attempt)
        fresh = _unseen(submission, events)
        Event.objects.bulk_create(_row(submission, event) for event in fresh)
        found = [dispatch.CheckResult.model_validate(event.data) for event in fresh if event.kind == "check"]
        _store_results(submission, found)
        if fresh:
            Submission.objects.filter(pk=submission.pk).update(revision=F("revision") + 1)
    return len(fresh)


def record_verdict(submission_id: UUID, attempt: int, report: dispatch.Report) -> Submission:
    """End an attempt. A verdict told twice is recorded once; our own failures are tried again, the learner's never.

    Raises StaleAttemptError if `attempt` is over for another reason.
    """
    with transaction.atomic():
        try:
            submission = fenced(submission_id, attempt)
        except StaleAttemptError:
            if recorded := _recorded(submission_id, attempt):
                return recorded
            raise
        if report.verdict == dispatch.Verdict.INFRA_ERROR:
            return fail_attempt(submission, report.message or "the runner reported an infrastructure error", report)
        return _finish(submission, report)


def fail_attempt(submission: Submission, reason: str, report: dispatch.Report | None = None) -> Submission:
    """Our side failed. Queue again, or end as `infra_error` after the third time. `submission` must be locked.

    The second try comes at once, the last one after a pause.
    """
    submission.infra_failures += 1
    log.warning("attempt_failed", reason=reason, **submission.log_fields())
    if submission.infra_failures >= INFRA_FAILURES:
        return _finish(submission, report or dispatch.Report(verdict=dispatch.Verdict.INFRA_ERROR, message=reason))
    last = submission.infra_failures == INFRA_FAILURES - 1
    return _queue_again(submission, timezone.now() + LAST_TRY_AFTER if last else None)


def hand_back(submission_id: UUID, attempt: int) -> Submission:
    """A runner that was asked to stop gives an attempt back unjudged: queue it again at once. Nobody failed.

    Raises StaleAttemptError if `attempt` is not the running one.
    """
    with transaction.atomic():
        submission = fenced(submission_id, attempt)
        log.info("attempt_handed_back", **submission.log_fields())
        return _queue_again(submission, retry_at=None)


def _queue_again(submission: Submission, retry_at: datetime | None) -> Submission:
    submission.status = Submission.Status.QUEUED
    submission.lease_expires_at = None
    submission.rung_at = timezone.now()
    submission.retry_at = retry_at
    submission.revision += 1
    submission.save(update_fields=["status", "lease_expires_at", "rung_at", "retry_at", "revision", "infra_failures"])
    if retry_at is None:  # after a pause the reconciler rings
        transaction.on_commit(partial(dispatch.ring, str(submission.pk)))
    return submission


def _unseen(submission: Submission, events: Iterable[dispatch.Event]) -> list[dispatch.Event]:
    """Events whose numbers were not told before, each once."""
    by_seq = {event.seq: event for event in events}
    seen = set(
        Event.objects.filter(submission=submission, attempt=submission.attempt, seq__in=by_seq).values_list(
            "seq", flat=True
        )
    )
    return [by_seq[seq] for seq in sorted(by_seq.keys() - seen)]


def _row(submission: Submission, event: dispatch.Event) -> Event:
    return Event(
        submission=submission,
        attempt=submission.attempt,
        seq=event.seq,
        kind=event.kind,
        at=event.at,
        data=event.data,
    )


def _store_results(submission: Submission, found: Iterable[dispatch.CheckResult]) -> None:
    for result in found:
        fields = result.model_dump(mode="json")
        cid = fields.pop("id")
        CheckResult.objects.update_or_create(
            submission=submission, cid=cid, defaults={**fields, "attempt": submission.attempt}
        )


def _recorded(submission_id: UUID, attempt: int) -> Submission | None:
    """The submission if this very attempt gave its verdict before."""
    return Submission.objects.filter(pk=submission_id, attempt=attempt, status=Submission.Status.DONE).first()


def _finish(submission: Submission, report: dispatch.Report) -> Submission:
    _store_results(submission, report.checks)
    submission.status = Submission.Status.DONE
    submission.verdict = report.verdict
    submission.usage = report.usage.model_dump(mode="json")
    submission.limits = report.limits.model_dump(mode="json")
    submission.level = report.level
    submission.message = report.message
    submission.log = report.log
    submission.lease_expires_at = None
    submission.finished_at = timezone.now()
    submission.revision += 1
    submission.save()
    credit.give(submission)
    log.info("verdict_recorded", verdict=submission.verdict, **submission.log_fields())
    return submission
