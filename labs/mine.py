"""Passed parts of earlier labs in later ones: what a submission may import as `mine`, noted when it is sent.

A note names exactly what was used, so that judging again uses the same: the learner's own latest pass (a submission of
theirs), or, where they opened the solution instead of passing, the reference under its digest. Who did neither gets
no part: whatever is given to a learner's code its author can read, and that must not be a solution still closed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from labs.models import JudgeBundle, Lab, LabHelp, Submission, Verdict
from residual.accounts.models import User

OWN: Final = "own"
REFERENCE: Final = "reference"
MISSING: Final = "missing"
Note = dict[str, str]


def notes_for(user: User, lab: Lab) -> list[Note]:
    """What a submission sent now would use, and what the used ones use in turn; each lab once."""
    notes: dict[str, Note] = {}
    for earlier in _labs(lab.mine):
        for note in (_note(user, earlier), *_used_by(user, earlier)):
            notes.setdefault(note["lab"], note)
    return list(notes.values())


def parts(submission: Submission) -> list[dict[str, Any]]:
    """The noted parts with their sources, as the protocol's `Part`."""
    labs = {lab.pk: lab for lab in _labs([note["lab"] for note in submission.mine])}
    return [_part(submission, labs[note["lab"]], note) for note in submission.mine if note["lab"] in labs]


def words(submission: Submission) -> list[str]:
    """What a page says about where the parts came from."""
    labs = {lab.pk: lab for lab in _labs([note["lab"] for note in submission.mine])}
    return [_sentence(labs[note["lab"]], note["origin"]) for note in submission.mine if note["lab"] in labs]


def outlook(user: User, lab: Lab) -> list[str]:
    """The same about a submission that was not sent yet."""
    notes = notes_for(user, lab)
    labs = {found.pk: found for found in _labs([note["lab"] for note in notes])}
    return [_sentence(labs[note["lab"]], note["origin"]) for note in notes]


def _labs(ids: list[str]) -> Iterator[Lab]:
    """In the order asked for, retired ones too: they may have been passed."""
    found = Lab.objects.in_bulk(ids)
    return (found[pk] for pk in ids if pk in found)


def _latest_pass(user: User, lab: Lab) -> Submission | None:
    passes = Submission.objects.filter(
        user=user, lab=lab, status=Submission.Status.DONE, verdict=Verdict.PASSED, checks__isnull=True
    )
    return passes.order_by("-created_at").first()


def _note(user: User, lab: Lab) -> Note:
    if own := _latest_pass(user, lab):
        return {"lab": lab.pk, "origin": OWN, "submission": str(own.pk), "sha256": _sha256(own.source)}
    if LabHelp.objects.filter(user=user, lab=lab, gave_up_at__isnull=False).exists():
        return {"lab": lab.pk, "origin": REFERENCE, "judge": lab.judge_id, "sha256": _sha256(lab.solution)}
    return {"lab": lab.pk, "origin": MISSING}


def _used_by(user: User, lab: Lab) -> list[Note]:
    own = _latest_pass(user, lab)
    return own.mine if own else []


def _part(submission: Submission, lab: Lab, note: Note) -> dict[str, Any]:
    origin = note["origin"]
    return {
        "lab": lab.slug,
        "filename": lab.filename,
        "exports": lab.exports,
        "origin": REFERENCE if origin == REFERENCE else OWN,
        "source": _source(submission, note),
        "missing": _sentence(lab, origin) if origin == MISSING else "",
    }


def _source(submission: Submission, note: Note) -> str:
    if note["origin"] == OWN:  # the learner is part of the question: nobody's note can name another's submission
        return Submission.objects.get(pk=note["submission"], user=submission.user_id).source
    if note["origin"] == REFERENCE:
        files = JudgeBundle.objects.get(digest=note["judge"]).files
        return base64.b64decode(files["solution.py"]).decode()
    return ""


def _sentence(lab: Lab, origin: str) -> str:
    names = ", ".join(lab.exports)
    if origin == OWN:
        return _("%(names)s from mine: yours, from %(lab)s") % {"names": names, "lab": lab.title}
    if origin == REFERENCE:
        return _("%(names)s from mine: the reference's, for you opened the solution of %(lab)s") % {
            "names": names,
            "lab": lab.title,
        }
    return _("%(names)s from mine: not there yet. Pass %(lab)s, or open its solution there to use the reference's.") % {
        "names": names,
        "lab": lab.title,
    }


def _sha256(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
