"""The only writer of completions and evidence. Other rooms call these functions by name."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from curriculum.models import Activity
from residual.accounts.models import User
from residual.progress.models import Completion, Evidence

EVIDENCE_PER_DAY = 2  # reviews must never become a debt
TICKABLE = frozenset({Activity.Kind.READING, Activity.Kind.THEORY, Activity.Kind.JOURNAL})


def complete(user: User, kind: str, ref: str, *, source: str = "", assisted: bool = False) -> Completion:
    """Record that something is finished. The first finish counts: a later one changes nothing."""
    with transaction.atomic():
        completion = _locked(user, kind, ref)
        if completion.completed_at is None:
            completion.share, completion.assisted, completion.source = 1.0, assisted, source
            completion.completed_at = timezone.now()
            completion.save(update_fields=["share", "assisted", "source", "completed_at"])
    return completion


def record_share(user: User, kind: str, ref: str, share: float, *, source: str = "") -> Completion:
    """Record partial credit, 0 to 1. It never falls; whole credit is given by `complete` alone.

    Raises ValueError for a share outside 0 ≤ share < 1.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share {share} is not partial credit: give 0 ≤ share < 1, or call complete")
    with transaction.atomic():
        completion = _locked(user, kind, ref)
        if share > completion.share:
            completion.share, completion.source = share, source
            completion.save(update_fields=["share", "source"])
    return completion


def record_evidence(user: User, skill: str, reason: str) -> Evidence | None:
    """Note that a failed check points at a skill; None if the day has its one for this skill, or its two in all."""
    day = user.study_day()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once must not both be the second
        if not _has_room(user, skill, day):
            return None
        return Evidence.objects.create(user=user, skill=skill, reason=reason[:200], study_day=day)


def pending_evidence(user: User) -> QuerySet[Evidence]:
    """Failed skills that no card has taken up yet, oldest first."""
    return Evidence.objects.filter(user=user, consumed_at__isnull=True).order_by("created_at", "pk")


def consume(evidence: Evidence) -> bool:
    """Mark evidence as taken up; False if somebody was quicker."""
    fresh = Evidence.objects.filter(pk=evidence.pk, consumed_at__isnull=True)
    return fresh.update(consumed_at=timezone.now()) == 1


def tick_reading(user: User, activity: Activity) -> Completion:
    """Tick a reading, theory or journal activity. Raises ValueError for labs and quizzes: those take evidence."""
    if activity.kind not in TICKABLE:
        raise ValueError(f"{activity.id} is a {activity.kind}: it is completed by evidence, not by a tick")
    return complete(user, Completion.Kind.READING, activity.id, source="tick")


def untick_reading(user: User, activity: Activity) -> None:
    """Take a tick back. Nothing else can be taken back."""
    Completion.objects.filter(user=user, kind=Completion.Kind.READING, ref=activity.id).delete()


def _locked(user: User, kind: str, ref: str) -> Completion:
    if kind not in Completion.Kind.values:
        raise ValueError(f"{kind!r} is no kind of completion: use one of {', '.join(Completion.Kind.values)}")
    Completion.objects.get_or_create(user=user, kind=kind, ref=ref, defaults={"share": 0.0})
    return Completion.objects.select_for_update().get(user=user, kind=kind, ref=ref)


def _has_room(user: User, skill: str, day: date) -> bool:
    skills = set(Evidence.objects.filter(user=user, study_day=day).values_list("skill", flat=True))
    return skill not in skills and len(skills) < EVIDENCE_PER_DAY
