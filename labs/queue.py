"""Which submission a runner gets, and for how long. The rows are the queue; it is fair between learners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from labs.models import Level, Runner, Submission
from residual.accounts.models import User

RUNNER_GONE_AFTER: Final = timedelta(minutes=1)
log = structlog.get_logger(__name__)


class StaleAttemptError(RuntimeError):
    """A runner speaks for an attempt that is over: its lease ran out, or the submission was cancelled or judged."""


class WeakSandboxError(RuntimeError):
    """A runner holds learners' code less strongly than this site demands."""


def claim(runner: str, lanes: Sequence[str], level: str) -> Submission | None:
    """Hand the next submission to `runner`, or None. Raises WeakSandboxError below settings.MIN_SANDBOX_LEVEL."""
    _remember(runner, lanes, level)
    if strength(level) < strength(settings.MIN_SANDBOX_LEVEL):
        raise WeakSandboxError(f"the runner's sandbox level is {level}; this site demands {settings.MIN_SANDBOX_LEVEL}")
    full: list[int] = []
    while True:
        with transaction.atomic():
            candidate = _candidates(lanes).exclude(user__in=full).first()
            if candidate is None:
                return None
            if not _learner_is_full(candidate.user_id):
                return _lease(candidate, runner)
        full.append(candidate.user_id)  # another runner took this learner's last place meanwhile


def served() -> bool:
    """Whether a runner asked for work lately. Idle runners ask every few seconds."""
    return Runner.objects.filter(seen_at__gt=timezone.now() - RUNNER_GONE_AFTER).exists()


def heartbeat(submission_id: UUID, attempt: int) -> bool:
    """Renew the lease; True if the runner should stop because the learner cancelled. Raises StaleAttemptError."""
    running = Submission.objects.filter(pk=submission_id, attempt=attempt, status=Submission.Status.RUNNING)
    if running.update(lease_expires_at=_lease_end()):
        return False
    current = Submission.objects.only("attempt", "status").get(pk=submission_id)
    if current.attempt == attempt and current.status == Submission.Status.CANCELLED:
        return True
    raise StaleAttemptError(_why_stale(current, attempt))


def fenced(submission_id: UUID, attempt: int) -> Submission:
    """The submission, locked, if `attempt` is the one that runs; else StaleAttemptError. Call inside a transaction."""
    current = Submission.objects.select_for_update().get(pk=submission_id)
    if current.attempt != attempt or current.status != Submission.Status.RUNNING:
        raise StaleAttemptError(_why_stale(current, attempt))
    return current


def strength(level: str) -> int:
    """How strong a sandbox level is: 0 is the weakest."""
    return list(reversed(Level.values)).index(level)


def fair_order(queued: Iterable[tuple[UUID, int]], running: Mapping[int, int]) -> list[UUID]:
    """The order in which waiting submissions are claimed while none finishes.

    `queued` holds (submission, learner), oldest first; `running` counts what each learner has running. The learner with
    the fewest running comes first, then the oldest submission.
    """
    place: dict[int, int] = defaultdict(int, running)
    ranked: list[tuple[int, int, UUID]] = []
    for age, (submission, learner) in enumerate(queued):
        ranked.append((place[learner], age, submission))
        place[learner] += 1
    return [submission for _place, _age, submission in sorted(ranked, key=lambda entry: entry[:2])]


def positions() -> dict[UUID, int]:
    """How far each waiting submission is from its turn in its lane, from 1."""
    running = dict(_running().values_list("user_id").annotate(Count("pk")))
    lanes: dict[str, list[tuple[UUID, int]]] = defaultdict(list)
    waiting = Submission.objects.filter(status=Submission.Status.QUEUED).order_by("created_at", "pk")
    for pk, learner, lane in waiting.values_list("pk", "user_id", "lane"):
        lanes[lane].append((pk, learner))
    orders = (fair_order(queued, running) for queued in lanes.values())
    return {submission: place for order in orders for place, submission in enumerate(order, start=1)}


def _remember(runner: str, lanes: Sequence[str], level: str) -> None:
    """Note that a runner is there; at most one write in ten seconds, because runners ask often."""
    now = timezone.now()
    known = Runner.objects.filter(name=runner, level=level, seen_at__gt=now - timedelta(seconds=10)).first()
    if known is None or known.lanes != list(lanes):
        Runner.objects.update_or_create(name=runner, defaults={"level": level, "lanes": list(lanes), "seen_at": now})


def _running() -> QuerySet[Submission]:
    return Submission.objects.filter(status=Submission.Status.RUNNING).order_by()


def _candidates(lanes: Sequence[str]) -> QuerySet[Submission]:
    """Waiting submissions of learners with a free place, in the order of their turns; locked ones are skipped."""
    theirs = _running().filter(user=OuterRef("user")).values("user").annotate(n=Count("pk")).values("n")
    return (
        Submission.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(status=Submission.Status.QUEUED, lane__in=lanes)
        .annotate(running=Coalesce(Subquery(theirs, output_field=IntegerField()), 0))
        .filter(running__lt=settings.RUNNING_PER_LEARNER)
        .order_by("running", "created_at", "pk")
    )


def _learner_is_full(user_id: int) -> bool:
    """Whether the learner has no free place, with their row locked so that two runners can't both take the last one."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    return _running().filter(user=user_id).count() >= settings.RUNNING_PER_LEARNER


def _lease(submission: Submission, runner: str) -> Submission:
    now = timezone.now()
    submission.results.all().delete()  # an earlier attempt's findings; its events stay
    Submission.objects.filter(pk=submission.pk).update(
        status=Submission.Status.RUNNING,
        attempt=F("attempt") + 1,
        revision=F("revision") + 1,
        runner=runner,
        lease_expires_at=_lease_end(),
        started_at=submission.started_at or now,
    )
    claimed = Submission.objects.select_related("lab").get(pk=submission.pk)
    log.info("submission_claimed", runner=runner, **claimed.log_fields())
    return claimed


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _why_stale(current: Submission, attempt: int) -> str:
    return f"attempt {attempt} is over: the submission is {current.status}, its attempt is {current.attempt}"
