"""The annotated solution: opened by a pass or by giving up, and read beside one's own code."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labs import queries, services, texts
from labs.models import Lab
from labs.views.people import learner
from residual.accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def give_up(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask once, saying what it costs; then open the solution."""
    found, user = queries.live_lab(slug), learner(request)
    if queries.solution_is_open(user, found):
        return redirect("labs:solution", slug)
    if request.method == "POST":
        services.give_up(user, found)
        return redirect("labs:solution", slug)
    hints_left = len(found.hints_html) - queries.lab_help(user, found).hints_shown
    context = {"lab": found, "hints_left": max(0, hints_left), "level": queries.sandbox_level()}
    return render(request, "labs/give_up.html", context)


@require_safe
@login_required
def solution(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own code beside the annotated solution. Before it is open: the page that opens it."""
    found, user = queries.live_lab(slug), learner(request)
    if not queries.solution_is_open(user, found):
        return redirect("labs:give-up", slug)
    own = texts.text_of(user, found, request.GET.get("own") or _own(user, found))
    context = {
        "lab": found,
        "own": own,
        "gave_up": queries.lab_help(user, found).gave_up_at is not None,
        "completion": queries.completion(user, found),
        "level": queries.sandbox_level(),
    }
    return render(request, "labs/solution.html", context)


def _own(user: User, found: Lab) -> str:
    """The name of the last submission that passed the lab; the draft where there is none."""
    passed = (
        queries.submissions_of(user).filter(lab=found, verdict="passed", checks__isnull=True).order_by("-created_at")
    )
    newest = passed.values_list("pk", flat=True).first()
    return str(newest) if newest else texts.NOW
