"""labs/catalog to the database: the only writer of labs, their checks and judge bundles.

A lab is compared by the digest of all that is stored of it, so that a second run writes nothing. What left the
catalogue is retired; submissions keep the bundle that judged them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from curriculum.loading import BrokenContentError, ContentError, SyncReport
from curriculum.markdown import RENDERER, RenderError, render_many
from labs.catalog_files import CATALOG, LabFiles, read_catalog
from labs.credit import BEHAVIOURAL
from labs.dispatch import judge_digest
from labs.models import JudgeBundle, Lab, LabCheck
from residual.ui.highlight import highlighted


def check(root: Path = CATALOG) -> list[ContentError]:
    """Everything that is wrong with the catalogue, formulas included. Touches no database."""
    try:
        _render(_load(root))
    except BrokenContentError as broken:
        return broken.errors
    return []


def sync(now: datetime, root: Path = CATALOG) -> SyncReport:
    """Make the database equal to the catalogue in one transaction. Raises BrokenContentError, writes nothing then."""
    files = _load(root)
    with transaction.atomic():
        stored = {
            pk: (digest, retired) for pk, digest, retired in Lab.objects.values_list("id", "digest", "retired_at")
        }
        order = {lab.entry.id: index for index, lab in enumerate(files)}
        changed = [lab for lab in files if stored.get(lab.entry.id) != (_digest(lab, order[lab.entry.id]), None)]
        html = _render(changed)
        gone = [pk for pk, (_old, retired) in stored.items() if pk not in order and retired is None]
        Lab.objects.filter(pk__in=gone).update(retired_at=now)
        _free_slugs(lab.entry.id for lab in changed)
        for lab in changed:
            _write(lab, order[lab.entry.id], html[lab.folder], now)
    created = sum(lab.entry.id not in stored for lab in changed)
    return SyncReport(created, len(changed) - created, len(gone), len(files) - len(changed))


def _load(root: Path) -> list[LabFiles]:
    catalog = read_catalog(root)
    if catalog.errors:
        raise BrokenContentError(catalog.errors)
    return sorted(catalog.labs, key=lambda lab: lab.entry.title)


def _digest(lab: LabFiles, order: int) -> str:
    """SHA-256 of all that is stored of a lab, before rendering."""
    whole = [RENDERER, order, judge_digest(lab.judging), lab.entry.model_dump(), lab.brief, lab.hints, lab.starter]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _render(labs: Sequence[LabFiles]) -> dict[str, list[str]]:
    """Folder → HTML of brief and hints. One run of the TeX engine for all. Raises BrokenContentError."""
    texts = [(lab.folder, text) for lab in labs for text in (lab.brief, *lab.hints)]
    try:
        rendered = render_many([text for _folder, text in texts])
    except RenderError as error:
        problems = [ContentError(f"{texts[index][0]}/README.md", "", message) for index, message in error.problems]
        raise BrokenContentError(problems) from error
    html: dict[str, list[str]] = {lab.folder: [] for lab in labs}
    for (folder, _text), piece in zip(texts, rendered, strict=True):
        html[folder].append(piece)
    return html


def _free_slugs(ids: Iterable[str]) -> None:
    """Take changed labs off their slugs, so that two can swap theirs."""
    for pk in ids:
        Lab.objects.filter(pk=pk).update(slug=f"~{hashlib.sha256(pk.encode()).hexdigest()[:40]}")


def _write(lab: LabFiles, order: int, html: Sequence[str], now: datetime) -> None:
    entry = lab.entry
    stored, _created = Lab.objects.update_or_create(
        pk=entry.id,
        defaults={
            **entry.model_dump(
                include={
                    "slug",
                    "title",
                    "summary",
                    "minutes",
                    "lane",
                    "filename",
                    "entry_points",
                    "exports",
                    "mine",
                    "trace",
                }
            ),
            "order": order,
            "digest": _digest(lab, order),
            "retired_at": None,
            "starter": lab.starter,
            "brief_html": html[0],
            "hints_html": list(html[1:]),
            "solution": lab.solution,
            "solution_html": highlighted(lab.solution),
            "limits": entry.limits.model_dump(mode="json"),
            "judge": _bundle(lab.judging),
        },
    )
    _write_checks(stored, lab, now)


def _bundle(files: Mapping[str, bytes]) -> JudgeBundle:
    encoded = {path: base64.b64encode(body).decode() for path, body in sorted(files.items())}
    bundle, _created = JudgeBundle.objects.get_or_create(digest=judge_digest(files), defaults={"files": encoded})
    return bundle


def _write_checks(stored: Lab, lab: LabFiles, now: datetime) -> None:
    ids = [check.id for check in lab.entry.checks]
    stored.checks.filter(retired_at__isnull=True).exclude(cid__in=ids).update(retired_at=now)
    for order, check in enumerate(lab.entry.checks):
        LabCheck.objects.update_or_create(
            lab=stored,
            cid=check.id,
            defaults={
                **check.model_dump(exclude={"id"}),
                "order": order,
                "behavioural": check.evidence in BEHAVIOURAL,
                "retired_at": None,
            },
        )
