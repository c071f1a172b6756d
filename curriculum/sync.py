"""Content files to the database: the only writer of this app's tables.

`sync` writes what differs and nothing else: an item is compared by the digest of its source, so that a second run
neither writes nor starts the TeX engine. What left the content is retired; what comes back is taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from curriculum.files import CONTENT, read_library
from curriculum.loading import BrokenContentError, ContentError, SyncReport
from curriculum.markdown import RenderError, Source, render_sources
from curriculum.models import Addressed, Content
from curriculum.references import reference_errors
from curriculum.rows import MODELS, Row, library_rows


def check(root: Path = CONTENT) -> list[ContentError]:
    """Everything that is wrong with the content, formulas included. Touches no database."""
    try:
        _render(load_rows(root))
    except BrokenContentError as broken:
        return broken.errors
    return []


def sync(now: datetime, root: Path = CONTENT) -> SyncReport:
    """Make the database equal to the content, in one transaction. Raises BrokenContentError and writes nothing then."""
    rows = load_rows(root)
    with transaction.atomic():
        plans = [_plan(model, [row for row in rows if row.model is model]) for model in MODELS]
        rendered = _render([row for plan in plans for row in plan.changed])
        for plan in plans:
            _retire(plan, now)
        for plan in plans:
            _write(plan, rendered)
    return sum((plan.report() for plan in plans), SyncReport())


def load_rows(root: Path = CONTENT) -> list[Row]:
    """The rows of all content files. Raises BrokenContentError with every error of every file."""
    library = read_library(root)
    errors = library.errors + reference_errors(library)
    if errors:
        raise BrokenContentError(errors)
    return library_rows(library)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to happen to one table."""

    model: type[Content]
    changed: Sequence[Row]
    created: frozenset[str]
    gone: Sequence[str]
    unchanged: int

    def report(self) -> SyncReport:
        created = len(self.created)
        return SyncReport(created, len(self.changed) - created, len(self.gone), self.unchanged)


def _plan(model: type[Content], rows: Sequence[Row]) -> _Plan:
    stored = {pk: (digest, retired) for pk, digest, retired in model.objects.values_list("id", "digest", "retired_at")}
    changed = [row for row in rows if stored.get(row.id) != (row.digest(), None)]
    wanted = {row.id for row in rows}
    return _Plan(
        model=model,
        changed=changed,
        created=frozenset(row.id for row in changed if row.id not in stored),
        gone=[pk for pk, (_, retired) in stored.items() if pk not in wanted and retired is None],
        unchanged=len(rows) - len(changed),
    )


def _retire(plan: _Plan, now: datetime) -> None:
    """Retire what is gone, and take changed rows off their slugs, so that two items can swap theirs."""
    if plan.gone:
        plan.model.objects.filter(id__in=plan.gone).update(retired_at=now)
    updated = [row.id for row in plan.changed if row.id not in plan.created]
    if updated and issubclass(plan.model, Addressed):
        plan.model.objects.filter(id__in=updated).update(slug=Concat(Value("~"), F("digest")))


def _write(plan: _Plan, rendered: Mapping[Source, str]) -> None:
    if not plan.changed:
        return
    items = [
        plan.model(id=row.id, digest=row.digest(), **_fill(row.columns, rendered.__getitem__)) for row in plan.changed
    ]
    columns = [field.name for field in plan.model._meta.concrete_fields if not field.primary_key]
    plan.model.objects.bulk_create(items, update_conflicts=True, unique_fields=["id"], update_fields=columns)
    for item, row in zip(items, plan.changed, strict=True):
        for name, ids in row.links.items():
            getattr(item, name).set(ids)


def _render(rows: Sequence[Row]) -> dict[Source, str]:
    """HTML of every text of these rows. Raises BrokenContentError with file and field of every broken formula."""
    places = [(source, row, path) for row in rows for path, source in _sources(row.columns)]
    try:
        html = render_sources([source for source, _, _ in places])
    except RenderError as error:
        raise BrokenContentError(
            [_render_error(*places[index][1:], message) for index, message in error.problems]
        ) from error
    return dict(zip((source for source, _, _ in places), html, strict=True))


def _render_error(row: Row, path: str, message: str) -> ContentError:
    """Told in the author's words: the files know no `spec` and no `_html`."""
    inside = path.removeprefix("spec.").replace("_html", "")
    return ContentError(row.file, f"{row.where}.{inside}" if row.where else inside, message)


def _sources(columns: Mapping[str, Any]) -> Iterator[tuple[str, Source]]:
    """Each text inside the columns with its path."""
    for name, value in columns.items():
        yield from _sources_of(value, name)


def _sources_of(value: object, path: str) -> Iterator[tuple[str, Source]]:
    if isinstance(value, Source):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _sources_of(inner, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _sources_of(inner, f"{path}[{index}]")


def _fill(columns: Mapping[str, Any], html: Callable[[Source], str]) -> dict[str, Any]:
    return {name: _filled(value, html) for name, value in columns.items()}


def _filled(value: object, html: Callable[[Source], str]) -> object:
    """The value with every Source replaced by its HTML; plain JSON otherwise."""
    if isinstance(value, Source):
        return html(value)
    if isinstance(value, Mapping):
        return {name: _filled(inner, html) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(inner, html) for inner in value]
    return value
