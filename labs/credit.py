"""What a judged submission is worth: a completion, partial credit, and evidence where a check failed."""

from __future__ import annotations

import re
from typing import Any, Final

from django.utils.translation import gettext as _

from labs.models import CheckResult, EvidenceKind, LabCheck, Submission, Verdict
from residual.progress import services as progress

PARTIAL: Final = 0.5  # behavioural checks earn up to half of the lab, the full pass the rest
BEHAVIOURAL: Final = frozenset({EvidenceKind.COMPUTED, EvidenceKind.SCORED, EvidenceKind.METERED})
SKILL: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")


def give(submission: Submission) -> None:
    """Credit a judged submission. Call inside the transaction that records the verdict."""
    source = f"submission:{submission.pk}"
    if passes_the_lab(submission):
        progress.complete(submission.user, "lab", submission.lab_id, source=source, assisted=submission.assisted)
        return
    share = partial_share(submission.user_id, submission.lab_id)
    if share > 0:
        progress.record_share(submission.user, "lab", submission.lab_id, share, source=source)
    _point_at_skills(submission)


def passes_the_lab(submission: Submission) -> bool:
    """Whether all checks ran and passed, one of them on more than the learner's process' own word."""
    if submission.verdict != Verdict.PASSED or submission.checks is not None:
        return False
    return submission.results.filter(evidence__in=BEHAVIOURAL, verdict=Verdict.PASSED).exists()


def partial_share(user_id: int, lab_id: str) -> float:
    """Half of the share of behavioural checks that the learner ever passed."""
    checks = earning_checks(lab_id)
    return PARTIAL * len(checks & passed_checks(user_id, lab_id)) / len(checks) if checks else 0.0


def earning_checks(lab_id: str) -> set[str]:
    live = LabCheck.objects.filter(lab=lab_id, behavioural=True, retired_at__isnull=True)
    return set(live.values_list("cid", flat=True))


def passed_checks(user_id: int, lab_id: str) -> set[str]:
    """Checks that any judged submission of the learner passed."""
    results = CheckResult.objects.filter(
        submission__user=user_id,
        submission__lab=lab_id,
        submission__status=Submission.Status.DONE,
        verdict=Verdict.PASSED,
    )
    return set(results.values_list("cid", flat=True))


def _point_at_skills(submission: Submission) -> None:
    """Tell progress which skills the failed checks are about. It keeps at most one a skill and two a day."""
    skills = dict(submission.lab.checks.exclude(skill="").values_list("cid", "skill"))
    for result in submission.results.filter(verdict=Verdict.FAILED):
        mistake, skill = _recognised(result.details)
        if skill := skill or skills.get(result.cid, ""):
            words = {"lab": submission.lab.slug, "check": result.title, "mistake": mistake}
            told = _("%(lab)s failed “%(check)s”: %(mistake)s") if mistake else _("%(lab)s failed “%(check)s”")
            progress.record_evidence(submission.user, skill, told % words)


def _recognised(details: dict[str, Any]) -> tuple[str, str]:
    """The misconception that a check recognised and the skill it names, each "" if there is none."""
    found = details.get("misconception")
    if not isinstance(found, dict):
        return "", ""
    text, skill = found.get("text"), found.get("skill")
    named = isinstance(skill, str) and SKILL.fullmatch(skill)
    return text if isinstance(text, str) else "", str(skill) if named else ""
