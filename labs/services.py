"""What a learner can do in a lab: keep a draft, submit, cancel, ask for help."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labs import dispatch, drafts, mine
from labs.models import DraftVersion, Lab, LabHelp, Submission
from labs.source import SourceProblemError, read_source
from residual.accounts.models import User

log = structlog.get_logger(__name__)


class UnknownCheckError(ValueError):
    """A submission names checks that the lab doesn't have."""


class KeyReusedError(ValueError):
    """An idempotency key came back with another body."""


def submit(
    user: User,
    lab: Lab,
    raw: bytes | str,
    *,
    checks: Sequence[str] | None = None,
    idempotency_key: str = "",
    keep_draft: bool = True,
) -> Submission:
    """Queue `raw` for judging and, on commit, ring the runner's doorbell.

    `checks` limits the run to some checks: such a run can earn partial credit but never pass the lab. A key that was
    used before gives the same submission again. Without `keep_draft` what is on the bench stays as it was.
    Raises SourceProblemError (the code is then kept as the draft), UnknownCheckError and KeyReusedError.
    """
    source = _source(user, lab, raw, keep_draft)
    _refuse_unknown(lab, checks)
    fingerprint = _fingerprint(lab, source, checks)
    if idempotency_key and (earlier := _earlier(user, idempotency_key, fingerprint)):
        return earlier
    try:
        with transaction.atomic():
            if keep_draft:
                drafts.keep(user, lab, source, DraftVersion.Kind.SUBMITTED)
            return _queue(user, lab, source, checks, idempotency_key, fingerprint)
    except IntegrityError:  # two requests with one key at the same moment: the other was first
        if idempotency_key and (earlier := _earlier(user, idempotency_key, fingerprint)):
            return earlier
        raise


def cancel(submission: Submission) -> bool:
    """Stop a submission that is waiting or running; False if it was already over. The runner hears it by heartbeat."""
    with transaction.atomic():
        current = Submission.objects.select_for_update().get(pk=submission.pk)
        if current.finished:
            return False
        current.status = Submission.Status.CANCELLED
        current.finished_at = timezone.now()
        current.lease_expires_at = None
        current.revision += 1
        current.save(update_fields=["status", "finished_at", "lease_expires_at", "revision"])
    log.info("submission_cancelled", **current.log_fields())
    return True


def show_next_hint(user: User, lab: Lab) -> int:
    """Show one hint more; returns how many are shown now."""
    with transaction.atomic():
        help_row = _help_for_update(user, lab)
        help_row.hints_shown = min(help_row.hints_shown + 1, len(lab.hints_html))
        help_row.save(update_fields=["hints_shown"])
    return help_row.hints_shown


def give_up(user: User, lab: Lab) -> None:
    """Open the solution. What the learner sends from now on counts as assisted; an earlier pass stays as it is."""
    with transaction.atomic():
        help_row = _help_for_update(user, lab)
        if help_row.gave_up_at is None:
            help_row.gave_up_at = timezone.now()
            help_row.save(update_fields=["gave_up_at"])


def _source(user: User, lab: Lab, raw: bytes | str, keep_draft: bool) -> str:
    try:
        return read_source(raw, filename=lab.filename, entry_points=lab.entry_points)
    except SourceProblemError as problem:
        if keep_draft:
            drafts.keep(user, lab, problem.kept, DraftVersion.Kind.SUBMITTED, problem=problem)
        log.info("submission_refused", lab=lab.slug, code=problem.code)
        raise


def _refuse_unknown(lab: Lab, checks: Sequence[str] | None) -> None:
    if checks is None:
        return
    known = set(lab.checks.filter(retired_at__isnull=True).values_list("cid", flat=True))
    known |= {dispatch.TRACE} if lab.trace else set()
    unknown = sorted(set(checks) - known)
    if unknown or not checks:
        raise UnknownCheckError(
            _("%(lab)s has no check %(unknown)s. Its checks are %(known)s.")
            % {"lab": lab.slug, "unknown": ", ".join(unknown) or "“”", "known": ", ".join(sorted(known))}
        )


def _fingerprint(lab: Lab, source: str, checks: Sequence[str] | None) -> str:
    return hashlib.sha256(json.dumps([lab.pk, source, checks]).encode()).hexdigest()


def _earlier(user: User, key: str, fingerprint: str) -> Submission | None:
    earlier = Submission.objects.filter(user=user, idempotency_key=key).first()
    if earlier and earlier.fingerprint != fingerprint:
        raise KeyReusedError(_("This Idempotency-Key was used for another submission. Choose a new key."))
    return earlier


def _queue(user: User, lab: Lab, source: str, checks: Sequence[str] | None, key: str, fingerprint: str) -> Submission:
    submission = Submission.objects.create(
        user=user,
        lab=lab,
        lane=lab.lane,
        source=source,
        filename=lab.filename,
        judge_id=lab.judge_id,
        limits=lab.limits,
        checks=list(checks) if checks is not None else None,
        mine=mine.notes_for(user, lab),
        assisted=LabHelp.objects.filter(user=user, lab=lab, gave_up_at__isnull=False).exists(),
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
        idempotency_key=key,
        fingerprint=fingerprint,
        rung_at=timezone.now(),
    )
    log.info("submission_queued", lab=lab.slug, **submission.log_fields())
    transaction.on_commit(partial(dispatch.ring, str(submission.pk)))
    return submission


def _help_for_update(user: User, lab: Lab) -> LabHelp:
    LabHelp.objects.get_or_create(user=user, lab=lab)
    return LabHelp.objects.select_for_update().get(user=user, lab=lab)
