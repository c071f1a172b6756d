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
from labs.models import Draft, Lab
from labs.notebook import NotebookError
from labs.source import SourceProblemError
from labs.views.bench_run import last_run
from labs.views.bench_shape import bench_shape, editor_words
from labs.views.drafts import chosen_file, keep_the_page
from labs.views.people import learner
from residual.accounts.models import User

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
    """Queue what was sent: the chosen file if there is one, else the editor's text; all checks, or those named.

    A script on the bench gets the part of the page with the checks, or what is wrong with the code.
    """
    found, by_script = queries.live_lab(slug), bool(request.headers.get("HX-Request"))
    wanted = request.POST.getlist("check") or None
    try:
        submission = services.submit(learner(request), found, _sent(request, found), checks=wanted)
    except (NotebookError, services.UnknownCheckError) as refused:
        messages.error(request, str(refused))
        return redirect(found)
    except SourceProblemError:  # the draft holds the code and what is wrong with it
        return _refused(request, found) if by_script else _bench(request, found, status=422)
    return _run(request, found) if by_script else redirect(submission)


@require_safe
@login_required
def checks(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the bench with the checks: fetched when they are over, and by pages that get no stream."""
    return _run(request, queries.live_lab(slug))


@require_POST
@login_required
def next_hint(request: HttpRequest, slug: str) -> HttpResponse:
    found = queries.live_lab(slug)
    shown = services.show_next_hint(learner(request), found)
    if request.headers.get("HX-Request"):
        return render(request, "labs/_hints.html", _hints(found, shown))
    return redirect(f"{found.get_absolute_url()}#hints")


def _bench(request: HttpRequest, found: Lab, status: int = 200) -> HttpResponseBase:
    user = learner(request)
    draft = queries.draft(user, found)
    run = last_run(user, found)
    context = {
        "lab": found,
        "draft": draft,
        "source": draft.source if draft else found.starter,
        "mine": mine.outlook(user, found),
        "run": run,
        "kinds": report.evidence_facts(row.check for row in run.rows),
        "limits": report.limit_facts(found.limits),
        "completion": queries.completion(user, found),
        "level": queries.sandbox_level(),
        "editor_words": editor_words(found.filename),
        **bench_shape(request),
        **_hints(found, queries.lab_help(user, found).hints_shown),
    }
    return _styled(partial(render, template_name="labs/lab.html", context=context, status=status))(request)


def _run(request: HttpRequest, found: Lab) -> HttpResponse:
    user = learner(request)
    context = {"lab": found, "run": last_run(user, found), "limits": report.limit_facts(found.limits)}
    return _with_revision(render(request, "labs/_bench_run.html", context), queries.draft(user, found))


def _refused(request: HttpRequest, found: Lab) -> HttpResponse:
    draft = queries.draft(learner(request), found)
    return _with_revision(render(request, "labs/_refused.html", {"lab": found, "draft": draft}, status=422), draft)


def _with_revision(answer: HttpResponse, draft: Draft | None) -> HttpResponse:
    """Submitting moved the draft on; the page that did it is not behind."""
    answer["X-Draft-Revision"] = str(draft.revision if draft else 0)
    return answer


def _hints(found: Lab, shown: int) -> dict[str, object]:
    return {"lab": found, "hints": found.hints_html[:shown], "hints_left": max(0, len(found.hints_html) - shown)}


def _sent(request: HttpRequest, found: Lab) -> bytes | str:
    if "file" not in request.FILES:
        return request.POST.get("source", "")
    keep_the_page(request, found)
    return chosen_file(request) or b""
