"""Nothing is lost: expired leases go back to the queue, and bells that nobody heard are rung again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from labs import dispatch, placement
from labs.events import fail_attempt
from labs.models import Submission

RING_AGAIN_AFTER: Final = timedelta(seconds=10)
BATCH: Final = 50  # a tick stays short; the next one continues


def reconcile() -> tuple[int, int]:
    """One tick: (leases found expired, doorbells rung again)."""
    return requeue_expired(), ring_again()


def requeue_expired() -> int:
    """Queue again what a vanished runner held; after the third time it ends as `infra_error`."""
    expired = Submission.objects.filter(status=Submission.Status.RUNNING, lease_expires_at__lt=timezone.now())
    return sum(_requeue(pk) for pk in expired.order_by("lease_expires_at").values_list("pk", flat=True)[:BATCH])


def ring_again() -> int:
    """Ring for submissions that wait, each at most once in RING_AGAIN_AFTER.

    Not for those that no runner can take: bells would pile up in the broker, and a runner that comes looks by itself.
    """
    now = timezone.now()
    waiting = Submission.objects.filter(status=Submission.Status.QUEUED, rung_at__lt=now - RING_AGAIN_AFTER)
    if not waiting.exists():
        return 0
    waiting = waiting.exclude(pk__in=placement.stuck())
    ids = list(waiting.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    Submission.objects.filter(pk__in=ids, status=Submission.Status.QUEUED).update(rung_at=now)
    for pk in ids:
        dispatch.ring(str(pk))
    return len(ids)


def _requeue(pk: UUID) -> bool:
    with transaction.atomic():
        submission = (
            Submission.objects.select_for_update(skip_locked=True)
            .filter(pk=pk, status=Submission.Status.RUNNING, lease_expires_at__lt=timezone.now())
            .first()
        )
        if submission is None:  # a heartbeat, a verdict or another reconciler was quicker
            return False
        fail_attempt(submission, "the runner stopped answering")
    return True
