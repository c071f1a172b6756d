"""Home: what Residual is, or, for a learner, today at a glance; and the page that a newcomer reads first."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from residual.accounts.models import User
from residual.accounts.requests import LearnerRequest
from residual.pages.first_steps import START_PAGE
from residual.pages.forms import StartQuestion
from residual.pages.today import today_of
from residual.progress.models import Completion
from residual.progress.services import complete


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        return render(request, "pages/today.html", {"today": today_of(request.user), "day": request.user.study_day()})
    return render(request, "pages/welcome.html")


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """How it works, on one page. Its question answered right is the first step of the first ten minutes."""
    form = StartQuestion(request.POST or None)
    if request.method == "POST" and isinstance(request.user, User) and form.is_valid():
        complete(request.user, Completion.Kind.READING, START_PAGE, source="start page")
        messages.success(request, _("Right: only evidence moves the table. The first step is done."))
        return redirect("home")
    return render(request, "pages/start.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def dismiss_guide(request: LearnerRequest) -> HttpResponse:
    """Put the first ten minutes away. The start page stays where it is."""
    request.user.guide_dismissed_at = timezone.now()
    request.user.save(update_fields=["guide_dismissed_at"])
    return redirect("home")
