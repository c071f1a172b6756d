"""A submission's page and its live news."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labs import mine, queries, report, services
from labs.dispatch import TRACE
from labs.live import Page, messages_of
from labs.models import Submission
from labs.runs import as_csv, read_run
from labs.stream import tailer
from labs.views.people import learner

QUIET_S: Final = 15  # a comment after that long keeps proxies from closing the connection
_SSE_HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


@require_safe
@login_required
def submission(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    found = queries.submission_of(learner(request), submission_id)
    return render(request, "labs/submission.html", _context(found))


@require_safe
@login_required
def panel(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The part of the page that changes: fetched when the verdict is there, and by pages that get no stream."""
    found = queries.submission_of(learner(request), submission_id)
    context = _context(found)
    html = render_to_string("labs/_panel.html", context, request)
    if found.finished:  # the checks point at lines of the source, which stands outside the panel
        html += render_to_string("labs/_sent.html", {**context, "oob": True}, request)
    return HttpResponse(html)


@require_safe
@login_required
def run(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The curves of a run so far, from all that is stored; with `?words=1` its newest values in one line."""
    found = queries.submission_of(learner(request), submission_id)
    told = read_run(queries.told_metrics(found))
    if "words" in request.GET:
        return HttpResponse(told.words if told else "", content_type="text/plain; charset=utf-8")
    return render(request, "labs/_run.html", {"run": told, "submission": found})


@require_safe
@login_required
def points(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Every point of a run as CSV; 404 for one that has told none."""
    found = queries.submission_of(learner(request), submission_id)
    told = read_run(queries.told_metrics(found))
    if told is None:
        raise Http404("this submission told no numbers")
    headers = {"Content-Disposition": f'attachment; filename="points-{found.pk}.csv"'}
    return HttpResponse(as_csv(told), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@login_required
def cancel(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    found = queries.submission_of(learner(request), submission_id)
    if not services.cancel(found):
        messages.info(request, _("It was over already."))
    return redirect("labs:checks", found.lab.slug) if request.headers.get("HX-Request") else redirect(found)


@require_safe
@login_required
async def events(request: HttpRequest, submission_id: UUID) -> HttpResponseBase:
    """Server-sent events: what is stored after `Last-Event-ID` (or `?after=`), then what comes, until it is over."""
    after = _number(request.headers.get("Last-Event-ID") or request.GET.get("after", ""))
    page = await sync_to_async(_open)(request, submission_id)
    return StreamingHttpResponse(_stream(page, after), content_type="text/event-stream", headers=_SSE_HEADERS)


def _open(request: HttpRequest, submission_id: UUID) -> Page:
    """What the stream needs to know, read at once: it holds no database connection while it runs."""
    found = queries.submission_of(learner(request), submission_id)
    checks = {check.cid: check for check in queries.live_checks(found.lab)}
    language = get_language() or settings.LANGUAGE_CODE
    page = Page(found.pk, checks, found.limits, language, found.lab)
    connections.close_all()
    return page


async def _stream(page: Page, after: int) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    async for change in tailer().watch(page.submission, after, quiet_s=QUIET_S):
        if change is None:
            yield ": still here\n\n"
            continue
        for message in messages_of(page, change):
            yield message


def _context(found: Submission) -> dict[str, Any]:
    rows = report.check_rows(found, list(queries.live_checks(found.lab)), found.results.all())
    last_event = queries.last_event(found)
    position, shortfall = queries.place(found)
    return {
        "submission": found,
        "lab": found.lab,
        "rows": rows,
        "mine": mine.words(found),
        "traced": found.checks == [TRACE],
        "blamed": report.blamed_lines(rows),
        "kinds": report.evidence_facts(rows),
        "passed": sum(row.state == "passed" for row in rows),
        "usage": report.usage_facts(found.usage, {}),
        "position": position,
        "shortfall": shortfall,
        "run": read_run(queries.told_metrics(found)),
        "metrics": report.metrics(queries.metrics_until(found, last_event)),
        "log": found.log if found.finished else queries.log_until(found, last_event),
        "last_event": last_event,
        "completion": queries.completion(found.user, found.lab),
        "level": found.level or queries.sandbox_level(),
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
