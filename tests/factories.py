"""Made-up people and things. Each function fills in what a test does not care about."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from itertools import count
from typing import Any

from curriculum.models import Activity, Month, Paper, Phase, Section, Topic, Week
from labs.models import CheckResult, JudgeBundle, Lab, LabCheck, Submission
from residual.accounts.models import User

_numbers = count(1)
SOURCE = "def attention(q, k, v):\n    return v\n"


def make_user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(email or f"learner{next(_numbers)}@example.org", "correct-horse", **fields)


def make_paper(slug: str = "", **fields: Any) -> Paper:
    slug = slug or f"paper-{next(_numbers)}"
    defaults = {"title": slug.title(), "authors": "A. Author", "year": 2017, "url": "https://example.org/paper"}
    return Paper.objects.create(**{"id": slug, "slug": slug, "digest": "0", **defaults, **fields})


def make_topic(slug: str = "", **fields: Any) -> Topic:
    slug = slug or f"topic-{next(_numbers)}"
    defaults = {"title": slug.title(), "sources": [{"title": "The manual", "url": "https://example.org/manual"}]}
    return Topic.objects.create(**{"id": slug, "slug": slug, "digest": "0", **defaults, **fields})


def make_phase(number: int = 1, **fields: Any) -> Phase:
    name = f"phase-{number}"
    return Phase.objects.create(
        **{"id": name, "slug": name, "number": number, "title": name.title(), "digest": "0", **fields}
    )


def make_section(phase: Phase, **fields: Any) -> Section:
    name = f"section-{next(_numbers)}"
    return Section.objects.create(**{"id": name, "phase": phase, "title": name.title(), "digest": "0", **fields})


def make_week(number: int = 1, **fields: Any) -> Week:
    month, _created = Month.objects.get_or_create(
        id="month-1", defaults={"number": 1, "title": "Month 1", "digest": "0"}
    )
    name = f"week-{number}"
    defaults = {"month": month, "number": number, "title": name.title(), "topic": f"Topic {number}", "digest": "0"}
    return Week.objects.create(**{"id": name, "slug": name, **defaults, **fields})


def make_activity(week: Week, kind: str = "reading", **fields: Any) -> Activity:
    name = f"activity-{next(_numbers)}"
    defaults = {"kind": kind, "ref": name, "title": name.title(), "minutes": 30, "digest": "0", "order": next(_numbers)}
    return Activity.objects.create(**{"id": name, "week": week, **defaults, **fields})


def make_judge(files: dict[str, bytes] | None = None) -> JudgeBundle:
    files = files or {"checks.py": b"# checks\n"}
    encoded = {path: base64.b64encode(body).decode() for path, body in files.items()}
    digest = hashlib.sha256(repr(sorted(encoded.items())).encode()).hexdigest()
    return JudgeBundle.objects.get_or_create(digest=digest, defaults={"files": encoded})[0]


def make_lab(slug: str = "", *, checks: tuple[str, ...] = ("shapes", "values"), **fields: Any) -> Lab:
    """A lab with computed checks of the given ids, each pointing at the skill `attention.<id>`."""
    slug = slug or f"lab-{next(_numbers)}"
    defaults: dict[str, Any] = {
        "title": slug.replace("-", " ").capitalize(),
        "summary": "What it is about.",
        "minutes": 45,
        "lane": "check",
        "filename": "attention.py",
        "entry_points": ["attention"],
        "starter": "def attention(q, k, v):\n    raise NotImplementedError\n",
        "brief_html": "<p>The brief.</p>",
        "hints_html": ["<p>A small hint.</p>", "<p>A strong hint.</p>"],
        "solution": SOURCE,
        "solution_html": "<span>the solution</span>",
        "limits": {"wall_s": 5.0, "memory_mb": 512},
        "judge": make_judge(),
    }
    lab = Lab.objects.create(**{"id": f"id-{slug}", "slug": slug, "digest": "0", **defaults, **fields})
    for cid in checks:
        make_check(lab, cid)
    return lab


def make_check(lab: Lab, cid: str, **fields: Any) -> LabCheck:
    defaults = {"title": f"The {cid} are right", "evidence": "computed", "skill": f"attention.{cid}"}
    return LabCheck.objects.create(**{"lab": lab, "cid": cid, "order": next(_numbers), **defaults, **fields})


def make_submission(user: User | None = None, lab: Lab | None = None, **fields: Any) -> Submission:
    """A submission as `submit` leaves it, without a doorbell rung. `created_at` may be given."""
    user, lab = user or make_user(), lab or make_lab()
    created_at = fields.pop("created_at", None)
    defaults = {
        "lane": lab.lane,
        "source": SOURCE,
        "filename": lab.filename,
        "judge": lab.judge,
        "limits": lab.limits,
        "fingerprint": "0",
        "rung_at": datetime.now(UTC),
    }
    submission = Submission.objects.create(**{"user": user, "lab": lab, **defaults, **fields})
    if created_at is not None:
        Submission.objects.filter(pk=submission.pk).update(created_at=created_at)
        submission.refresh_from_db()
    return submission


def make_result(submission: Submission, cid: str, verdict: str = "passed", **fields: Any) -> CheckResult:
    defaults = {"attempt": submission.attempt, "title": cid.title(), "evidence": "computed"}
    return CheckResult.objects.create(
        **{"submission": submission, "cid": cid, "verdict": verdict, **defaults, **fields}
    )


def check_json(cid: str, verdict: str = "passed", **fields: Any) -> dict[str, Any]:
    """A CheckResult as a runner sends it."""
    return {"id": cid, "title": f"The {cid} are right", "evidence": "computed", "verdict": verdict, **fields}


def event_json(seq: int, kind: str = "started", data: dict[str, Any] | None = None) -> dict[str, Any]:
    """An Event as a runner sends it."""
    return {"seq": seq, "kind": kind, "at": "2026-11-21T12:00:00Z", "data": data or {}}


def report_json(verdict: str = "passed", *checks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A Report as a runner sends it."""
    return {
        "verdict": verdict,
        "checks": list(checks),
        "usage": {"wall_s": 0.2, "cpu_s": 0.1, "peak_mb": 61.0},
        **fields,
    }
