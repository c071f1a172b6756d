"""Which submission a runner gets, and for how long. The rows are the queue; it is fair between learners."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
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


@dataclass(frozen=True, slots=True)
class Offer:
    """What a runner can do: the lanes it serves, its device, the MiB that one job can get there at most."""

    lanes: Sequence[str]
    device: str = ""
    memory_mb: int = 0  # 0 where it is not known
    torch: str = ""


def refuse(runner: str, level: str, offer: Offer, reason: str) -> None:
    """Note a runner that asked for work and may not have any, so that operators and learners see why."""
    _remember(runner, level, offer, reason)


def claim(runner: str, lanes: Sequence[str], level: str, offer: Offer | None = None) -> Submission | None:
    """Hand the next submission of `lanes` that `runner` can run to it, or None.

    `lanes` are those with a free place; `offer` tells all that the runner can do. Raises WeakSandboxError below
    settings.MIN_SANDBOX_LEVEL.
    """
    offer = offer or Offer(lanes)
    _remember(runner, level, offer)
    if strength(level) < strength(settings.MIN_SANDBOX_LEVEL):
        raise WeakSandboxError(f"the runner's sandbox level is {level}; this site demands {settings.MIN_SANDBOX_LEVEL}")
    full: list[int] = []
    while True:
        with transaction.atomic():
            candidate = _candidates(lanes, offer.memory_mb).exclude(user__in=full).first()
            if candidate is None:
                return None
            if not _learner_is_full(candidate.user_id):
                return _lease(candidate, runner)
        full.append(candidate.user_id)  # another runner took this learner's last place meanwhile


def served() -> bool:
    """Whether a runner asked for work lately. Idle runners ask every few seconds."""
    return present().exists()


def present() -> QuerySet[Runner]:
    """The runners that asked for work lately."""
    return Runner.objects.filter(seen_at__gt=timezone.now() - RUNNER_GONE_AFTER)


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


def fair_order(
    queued: Iterable[tuple[UUID, int]], running: Mapping[int, int], last_turn: Mapping[int, datetime]
) -> list[UUID]:
    """The order in which waiting submissions are claimed while none finishes.

    `queued` holds (submission, learner), oldest first; `running` counts what each learner has running; `last_turn` is
    when something of theirs was claimed. The learner with the fewest running comes first; among equals, whose last turn
    is the longest ago, or never was; then the oldest submission.
    """
    lines: dict[int, deque[tuple[int, UUID]]] = defaultdict(deque)
    for age, (submission, learner) in enumerate(queued):
        lines[learner].append((age, submission))
    turns = {learner: turn for turn, learner in enumerate(sorted(last_turn, key=last_turn.__getitem__))}
    heads = [(running.get(learner, 0), turns.get(learner, -1), line[0], learner) for learner, line in lines.items()]
    heapify(heads)
    order: list[UUID] = []
    while heads:
        place, _turn, (_age, submission), learner = heappop(heads)
        order.append(submission)
        lines[learner].popleft()
        if lines[learner]:
            heappush(heads, (place + 1, len(turns) + len(order), lines[learner][0], learner))
    return order


def positions(without: Collection[UUID] = ()) -> dict[UUID, int]:
    """How far each waiting submission is from its turn in its lane, from 1; those in `without` have none."""
    running = dict(_running().values_list("user_id").annotate(Count("pk")))
    lanes: dict[str, list[tuple[UUID, int]]] = defaultdict(list)
    last_turn: dict[int, datetime] = {}
    waiting = Submission.objects.filter(status=Submission.Status.QUEUED).annotate(last_turn=_last_turn())
    ordered = waiting.order_by("created_at", "pk").values_list("pk", "user_id", "lane", "last_turn")
    for pk, learner, lane, turn in ordered:
        if pk in without:
            continue
        lanes[lane].append((pk, learner))
        if turn:
            last_turn[learner] = turn
    orders = (fair_order(queued, running, last_turn) for queued in lanes.values())
    return {submission: place for order in orders for place, submission in enumerate(order, start=1)}


def _remember(runner: str, level: str, offer: Offer, refused: str = "") -> None:
    """Note that a runner is there and what it can do; at most one write in ten seconds, because runners ask often."""
    now = timezone.now()
    facts = {"level": level, "device": offer.device, "memory_mb": offer.memory_mb, "torch": offer.torch}
    facts |= {"refused": refused[:200]}
    known = Runner.objects.filter(name=runner, seen_at__gt=now - timedelta(seconds=10), **facts).first()
    if known is None or known.lanes != list(offer.lanes):
        facts |= {"lanes": list(offer.lanes), "seen_at": now}
        Runner.objects.update_or_create(name=runner, defaults=facts)


def _running() -> QuerySet[Submission]:
    return Submission.objects.filter(status=Submission.Status.RUNNING).order_by()


def _last_turn() -> Subquery:
    """When something of a submission's learner was last claimed; NULL if nothing ever was."""
    turns = Submission.objects.filter(user=OuterRef("user"), started_at__isnull=False).order_by("-started_at")
    return Subquery(turns.values("started_at")[:1])


def _candidates(lanes: Sequence[str], memory_mb: int) -> QuerySet[Submission]:
    """Waiting submissions of learners with a free place, in the order of their turns; locked ones are skipped."""
    theirs = _running().filter(user=OuterRef("user")).values("user").annotate(n=Count("pk")).values("n")
    return (
        Submission.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()), status=Submission.Status.QUEUED, lane__in=lanes)
        .annotate(running=Coalesce(Subquery(theirs, output_field=IntegerField()), 0))
        .annotate(last_turn=_last_turn())
        .filter(_fits(memory_mb), running__lt=settings.RUNNING_PER_LEARNER)
        .order_by("running", F("last_turn").asc(nulls_first=True), "created_at", "pk")
    )


def _fits(memory_mb: int) -> Q:
    """Submissions whose checks may use no more than so many MiB; all of them where the memory is not known."""
    if not memory_mb:
        return Q()
    return Q(limits__memory_mb__isnull=True) | Q(limits__memory_mb__lte=memory_mb)


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
