"""News of a submission as server-sent events: each carries the piece of the page that it replaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import override

from labs.models import CheckResult, Lab, LabCheck
from labs.report import check_row, metrics
from labs.stream import Change, StoredEvent


@dataclass(frozen=True, slots=True)
class Page:
    """What a watching page knows of its submission, so that rendering needs no database."""

    submission: UUID
    checks: Mapping[str, LabCheck]
    limits: Mapping[str, Any]
    language: str
    lab: Lab | None = None


def messages_of(page: Page, change: Change) -> Iterator[str]:
    """The server-sent events of a change: its events with their numbers, then where the submission stands."""
    for event in change.events:
        with override(page.language):
            name, html = _piece(page, event)
        yield sse(name, html, event.pk)
    context = {"status": change.status, "position": change.cursor.position, "shortfall": change.cursor.shortfall}
    with override(page.language):
        html = render_to_string("labs/_status.html", context)
    yield sse("status", html)
    if change.over:
        yield sse("done", change.status)


def sse(name: str, data: str, number: int | None = None) -> str:
    """One message of the event-stream format; line breaks in `data` become lines of their own."""
    head = f"id: {number}\n" if number is not None else ""
    text = data.replace("\r\n", "\n").replace("\r", "\n")
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    return f"{head}event: {name}\n{lines}\n"


def _piece(page: Page, event: StoredEvent) -> tuple[str, str]:
    if event.kind == "check":
        row = check_row(page.checks.get(str(event.data.get("id"))), _result(event.data), page.limits)
        context = {"row": row, "live": True, "lab": page.lab}
        return f"check-{row.cid}", render_to_string("labs/_check.html", context)
    if event.kind == "log":
        return "log", escape(f"{event.data.get('text', '')}\n")
    if event.kind == "metric":
        return "metric", render_to_string("labs/_metric.html", {"metrics": metrics(event.data)})
    return event.kind, ""


def _result(data: Mapping[str, Any]) -> CheckResult:
    """An unsaved result of a check event; the runner's message was validated when it came."""
    return CheckResult(
        cid=data["id"],
        title=data["title"],
        evidence=data["evidence"],
        verdict=data["verdict"],
        message=data.get("message", ""),
        details=data.get("details", {}),
        usage=data.get("usage", {}),
    )
