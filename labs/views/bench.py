"""The bench: a lab's brief, the editor, and what its buttons do. Every form here works without JavaScript."""

from __future__ import annotations

from functools import partial
from typing import Final

from csp.constants import NONCE
from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labs import mine, queries, report, services
from labs.models import Lab
from labs.notebook import NotebookError
from labs.source import SourceProblemError
from labs.views.bench_shape import bench_shape, editor_words
from labs.views.drafts import chosen_file, keep_the_page
from labs.views.people import learner
from residual.accounts.models import User

RECENT: Final = 20
_styled: Final = csp_update({"style-src": [NONCE]})  # CodeMirror makes a <style> with the page's nonce


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    done = queries.completions(request.user) if isinstance(request.user, User) else {}
    rows = [(lab, done.get(lab.pk)) for lab in queries.live_labs()]
    return render(request, "labs/index.html", {"rows": rows})


@require_safe
@login_required
@never_cache
def lab(request: HttpRequest, slug: str) -> HttpResponseBase:
    found = queries.live_lab(slug)
    return _bench(request, found)


@require_POST
@login_required
def submit(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Queue what was sent: the chosen file if there is one, else the editor's text."""
    found = queries.live_lab(slug)
    try:
        submission = services.submit(learner(request), found, _sent(request, found))
    except NotebookError as refused:
        messages.error(request, str(refused))
        return redirect(found)
    except SourceProblemError:
        return _bench(request, found, status=422)  # the draft holds the code and what is wrong with it
    return redirect(submission)


@require_POST
@login_required
def next_hint(request: HttpRequest, slug: str) -> HttpResponse:
    found = queries.live_lab(slug)
    shown = services.show_next_hint(learner(request), found)
    if request.headers.get("HX-Request"):
        return render(request, "labs/_hints.html", _hints(found, shown))
    return redirect(f"{found.get_absolute_url()}#hints")


@require_POST
@login_required
def give_up(request: HttpRequest, slug: str) -> HttpResponse:
    found = queries.live_lab(slug)
    services.give_up(learner(request), found)
    return redirect(f"{found.get_absolute_url()}#solution")


def _bench(request: HttpRequest, found: Lab, status: int = 200) -> HttpResponseBase:
    user = learner(request)
    draft = queries.draft(user, found)
    helped = queries.lab_help(user, found)
    checks = [report.check_row(check, None, {}) for check in queries.live_checks(found)]
    context = {
        "lab": found,
        "draft": draft,
        "source": draft.source if draft else found.starter,
        "checks": checks,
        "mine": mine.outlook(user, found),
        "kinds": report.evidence_facts(checks),
        "limits": report.limit_facts(found.limits),
        "recent": queries.submissions_of(user).filter(lab=found).order_by("-created_at")[:RECENT],
        "completion": queries.completion(user, found),
        "solution_open": queries.solution_is_open(user, found),
        "gave_up": helped.gave_up_at is not None,
        "level": queries.sandbox_level(),
        "editor_words": editor_words(found.filename),
        **bench_shape(request),
        **_hints(found, helped.hints_shown),
    }
    return _styled(partial(render, template_name="labs/lab.html", context=context, status=status))(request)


def _hints(found: Lab, shown: int) -> dict[str, object]:
    return {"lab": found, "hints": found.hints_html[:shown], "hints_left": max(0, len(found.hints_html) - shown)}


def _sent(request: HttpRequest, found: Lab) -> bytes | str:
    if "file" not in request.FILES:
        return request.POST.get("source", "")
    keep_the_page(request, found)
    return chosen_file(request) or b""
