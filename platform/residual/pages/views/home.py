"""Home: what Residual is, or, for a learner, today at a glance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labs.queries import lab_steps, latest_submission
from residual.accounts.models import User
from residual.pages import lab_links, week_view
from residual.progress.queries import weekly_table


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        return render(request, "pages/today.html", _today(request.user))
    return render(request, "pages/welcome.html")


def _today(user: User) -> dict[str, object]:
    table = weekly_table(user, lab_steps(user))
    week = next((row for row in table if row.next_gain), table.current)  # a week may wait for labs to come out
    gain = week.next_gain if week else None
    labs = lab_links.for_activities([gain.activity]) if gain else {}
    return {
        "table": table,
        "week": week,
        "gain": gain,
        "gain_url": week_view.address(gain.activity, labs) if gain else "",
        "last": latest_submission(user),
        "day": user.study_day(),
        "new": all(row.completion == 0 for row in table),
    }
