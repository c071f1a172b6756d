"""A learner's statistics as charts: geometry and words, for templates to draw."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from residual.accounts.models import User
from residual.reviews import activity, statistics
from residual.reviews.bar_chart import Chart, chart
from residual.reviews.models import Preset
from residual.reviews.statistics import Day, Gap, States
from residual.reviews.workload import Workload, cached_preview

FORECAST_DAYS: Final = 30
TIME_DAYS: Final = 30


def everything(user: User, preset: Preset, today: date) -> dict[str, Any]:
    """All that the page shows."""
    gaps = statistics.true_retention(user)
    states = statistics.states(user, preset.leech_lapses)
    return {
        "states": states,
        "states_chart": states_chart(states),
        "forecast": forecast_chart(statistics.due_by_day(user, today, FORECAST_DAYS)),
        "gaps": gaps,
        "retention": retention_chart(gaps),
        "retention_total": _share(sum(gap.right for gap in gaps), sum(gap.reviews for gap in gaps)),
        "time": time_chart(statistics.days(user, today, TIME_DAYS)),
        "activity": activity.of(user, today),
        "leeches": statistics.sticking_points(user, preset.leech_lapses),
        "workload": [
            _workload_row(line, states.total - states.suspended) for line in cached_preview(preset.parameters())
        ],
        "preset": preset,
    }


def forecast_chart(days: Iterable[tuple[date, int]]) -> Chart:
    return chart((date_format(day, "SHORT_WEEKDAY_DAY_MONTH"), count, str(count)) for day, count in days)


def retention_chart(gaps: Iterable[Gap]) -> Chart:
    return chart(((gap_words(gap), gap.share, _share(gap.right, gap.reviews)) for gap in gaps), top=1.0)


def time_chart(days: Iterable[Day]) -> Chart:
    return chart((date_format(day.day, "SHORT_WEEKDAY_DAY_MONTH"), day.minutes, _minutes(day)) for day in days)


def states_chart(states: States) -> Chart:
    named = (
        (_("new"), states.new),
        (_("learning"), states.learning),
        (_("young"), states.young),
        (_("mature"), states.mature),
        (_("suspended"), states.suspended),
    )
    return chart((name, count, str(count)) for name, count in named)


def gap_words(gap: Gap) -> str:
    if gap.last is None:
        return _("%(first)d days and more") % {"first": gap.first}
    if gap.first == gap.last:
        return ngettext("%(count)d day", "%(count)d days", gap.first) % {"count": gap.first}
    return _("%(first)d to %(last)d days") % {"first": gap.first, "last": gap.last}


def _share(right: int, reviews: int) -> str:
    if not reviews:
        return _("no reviews")
    return _("%(percent)d %% of %(reviews)d") % {"percent": round(100 * right / reviews), "reviews": reviews}


def _minutes(day: Day) -> str:
    answers = ngettext("%(count)d answer", "%(count)d answers", day.answers) % {"count": day.answers}
    return _("%(minutes)s min, %(answers)s") % {"minutes": number_format(day.minutes, 1), "answers": answers}


def _workload_row(line: Workload, cards: int) -> dict[str, str]:
    return {
        "retention": f"{line.retention:.0%}",
        "answers": number_format(line.answers * cards, 1),
        "minutes": number_format(line.minutes * cards, 1),
        "known": f"{line.known:.0%}",
    }
