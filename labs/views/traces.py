"""A forward pass step by step: a submission that runs nothing else and counts for nothing."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labs import dispatch, queries, services
from labs.source import SourceProblemError
from labs.views.people import learner


@require_POST
@login_required
def trace(request: HttpRequest, slug: str) -> HttpResponse:
    """Queue `source` to be traced. Sent from the bench (`keep`) it is kept as the draft; else that stays as it is."""
    found = queries.live_lab(slug)
    source, keep = request.POST.get("source", ""), "keep" in request.POST
    try:
        submission = services.submit(learner(request), found, source, checks=[dispatch.TRACE], keep_draft=keep)
    except services.UnknownCheckError:
        messages.error(request, _("This lab has nothing to trace."))
        return redirect(found)
    except SourceProblemError as problem:
        messages.error(request, problem.message)
        return redirect(found)
    return redirect(submission)
