"""A run of a kata: being checked, passed and so an answer, or failed with what the checks say."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from labs.models import Verdict
from residual.accounts.requests import LearnerRequest
from residual.reviews import presenting, services
from residual.reviews.grading import Unreadable
from residual.reviews.models import Card, KataRun
from residual.reviews.services import Conflict, Submission
from residual.reviews.services.katas import first_shown
from residual.reviews.views import session


def send(request: LearnerRequest, card: Card, form: Submission) -> HttpResponse:
    """Take the code of a kata's form to the labs."""
    code = str((form.answer or {}).get("code", ""))
    try:
        run = services.run_kata(request.user, card.pk, form, code, first_shown(card, _claimed(request.POST)))
    except Conflict as stale:
        return session.conflict(request, stale)
    except Unreadable as problem:
        return session.question(request, card, form.answer, status=422, problem=str(problem))
    return redirect("reviews:run", run.pk)


@login_required
@never_cache
@require_safe
def run(request: LearnerRequest, run_id: int) -> HttpResponse:
    runs = KataRun.objects.select_related(
        "card__question__paper", "card__question__topic", "card__user", "submission__lab"
    )
    found = get_object_or_404(runs, pk=run_id, card__user=request.user)
    if not found.submission.finished:
        context = {"run": found, "card": found.card, "labs": [found.submission.lab], **session.frame(request.user)}
        return render(request, "reviews/running.html", context)
    try:
        row = services.settle(request.user, found)
    except Conflict as stale:
        return session.conflict(request, stale)
    if row is not None:
        return redirect("reviews:verdict", row.pk)
    if found.card.revision != found.revision:  # given up, put away or answered since
        return redirect("reviews:session")
    return session.question(request, found.card, {"code": found.submission.source}, failed=_failed(found))


def _failed(found: KataRun) -> dict[str, object]:
    submission = found.submission
    return {
        "submission": submission,
        "ours": submission.verdict in ("", Verdict.INFRA_ERROR),
        "results": list(submission.results.exclude(verdict=Verdict.PASSED)),
        "first_shown": presenting.milliseconds(found.shown_at),
    }


def _claimed(data: QueryDict) -> datetime | None:
    """When the form says that it was shown. Raises BadRequest for what is no time."""
    value = data.get("shown", "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 15):
        raise BadRequest("shown: milliseconds since 1970")
    return datetime.fromtimestamp(int(value) / 1000, UTC)
