"""Katas: code is sent to the labs, and what passes there becomes the card's answer, rated by the time it took."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labs import services as labs
from labs.models import Lab, Verdict
from labs.source import SourceProblemError
from residual.accounts.models import User
from residual.reviews import ledger
from residual.reviews.grading import Unreadable
from residual.reviews.kinds import kata
from residual.reviews.ledger import Happening
from residual.reviews.models import Card, KataRun, ReviewLog
from residual.reviews.services.answering import Conflict, Submission, record, was_seen

LONGEST: Final = timedelta(hours=2)  # who was away longer was not at it


def run_kata(user: User, card_id: int, form: Submission, code: str, shown_at: datetime) -> KataRun:
    """Send the code to the labs and return the run; the same key again returns the same run.

    Raises Card.DoesNotExist for anybody else's card, Conflict for a stale form, and Unreadable, which costs nothing.
    """
    card = Card.objects.select_related("question").get(user=user, pk=card_id)
    if card.revision != form.revision:
        raise Conflict(card, form)
    lab = Lab.objects.filter(pk=card.question.spec["lab"], retired_at__isnull=True).first()
    if lab is None:
        raise Unreadable(_("The lab that judges this is not here at present. Put the card aside until it is back."))
    checks = card.question.spec["checks"] or None
    try:
        with transaction.atomic():
            sent = labs.submit(user, lab, code, checks=checks, idempotency_key=f"kata:{form.key}", keep_draft=False)
            fields = {"card": card, "revision": card.revision, "shown_at": shown_at}
            return KataRun.objects.get_or_create(submission=sent, defaults=fields)[0]
    except SourceProblemError as problem:
        raise Unreadable(problem.message) from None
    except labs.KeyReusedError as reused:
        raise Unreadable(str(reused)) from None


def settle(user: User, run: KataRun, now: datetime | None = None) -> ReviewLog | None:
    """Make a passed run the card's answer, once; None while it is judged and where it did not pass.

    Raises Conflict where the card was answered another way in the meantime.
    """
    if run.submission.verdict != Verdict.PASSED:
        return None
    with transaction.atomic():
        card = ledger.locked(user, run.card_id)
        key = f"kata:{run.pk}"
        done = ReviewLog.objects.filter(user=user, idempotency_key=key).first()
        if done is not None:
            return done
        if card.revision != run.revision:
            raise Conflict(card, Submission(run.revision, key, {"code": run.submission.source}))
        happening = Happening.now(user, key, now)
        return record(user, card, happening, _columns(card, run, happening))


def runs_so_far(run: KataRun) -> int:
    """How many runs of this answer were judged on the code, the present one among them."""
    same = KataRun.objects.filter(card=run.card_id, revision=run.revision, pk__lte=run.pk)
    return same.exclude(submission__verdict__in=("", Verdict.INFRA_ERROR)).count()


def first_shown(card: Card, claimed: datetime | None) -> datetime:
    """When the card was first shown: what the form says, within reason; the first run's word stands."""
    first = KataRun.objects.filter(card=card, revision=card.revision).order_by("pk").first()
    now = timezone.now()
    return first.shown_at if first else min(max(claimed or now, now - LONGEST), now)


def _columns(card: Card, run: KataRun, happening: Happening) -> dict[str, Any]:
    passed = min(run.sent_at - run.shown_at, LONGEST)
    rating = kata.rating(runs_so_far(run), passed.total_seconds(), card.question.spec["minutes"])
    return {
        "seed": ledger.seed_for(card),
        "answer": {"code": run.submission.source, "submission": str(run.submission_id)},
        "duration_ms": int(passed.total_seconds() * 1000),
        "rating": rating,
        "correct": True,
        "revealed": was_seen(card, happening),
        "machine_graded": True,
    }
