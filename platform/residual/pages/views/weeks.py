"""The twelve-week roadmap and its weeks. Anyone may read; a learner sees their progress and ticks readings."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from curriculum import queries
from curriculum.models import Activity, Week
from labs.queries import lab_steps
from residual.accounts.models import User
from residual.accounts.requests import LearnerRequest
from residual.pages import lab_links, week_view
from residual.progress.queries import week_row, weekly_table
from residual.progress.services import TICKABLE, tick_reading, untick_reading

TRACK: Final = "twelve-weeks"


@require_safe
def weeks(request: HttpRequest) -> HttpResponse:
    rows = {row.slug: row for row in weekly_table(request.user)} if isinstance(request.user, User) else {}
    months = [
        (month, [(week, rows.get(week.slug)) for week in members])
        for month, members in groupby(queries.weeks(), key=lambda week: week.month)
    ]
    return render(request, "pages/weeks.html", {"months": months, "track": queries.tracks().filter(slug=TRACK).first()})


@require_safe
def week(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(queries.weeks(), slug=slug)
    return render(request, "pages/week.html", _week_context(request, found))


@login_required
@require_POST
def tick(request: LearnerRequest, slug: str, activity_id: str) -> HttpResponse:
    """Tick or untick a reading (`done` = 1 or 0). htmx gets the changed part, others go back to the page."""
    found = get_object_or_404(queries.weeks(), slug=slug)
    activity = get_object_or_404(_tickable(found), pk=activity_id)
    change = tick_reading if request.POST.get("done") == "1" else untick_reading
    change(request.user, activity)
    if request.headers.get("HX-Request") == "true":
        return render(request, "pages/week_live.html", _week_context(request, found))
    return redirect(f"{reverse('week', args=[slug])}#{activity.id}")


def _tickable(week: Week) -> QuerySet[Activity]:
    return Activity.objects.filter(week=week, kind__in=TICKABLE, retired_at__isnull=True)


def _week_context(request: HttpRequest, week: Week) -> dict[str, object]:
    activities = week.activities.all()
    user = request.user if isinstance(request.user, User) else None
    row = week_row(user, week, lab_steps(user)) if user else None
    needs = lab_links.needs(activities, lab_links.passed(user))
    return {
        "week": week,
        "row": row,
        "lines": week_view.activity_lines(activities, row, lab_links.for_activities(activities), needs),
        "shares": week_view.shares(row) if row else [],
        "neighbours": _neighbours(week),
    }


def _neighbours(week: Week) -> dict[str, Week | None]:
    around = {found.number: found for found in Week.objects.filter(retired_at__isnull=True)}
    return {"before": around.get(week.number - 1), "after": around.get(week.number + 1)}
