"""Today at a glance: the one thing to do now, and what else there is. Pure composition of what the rooms say."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.urls import reverse

from labs.models import Submission, Verdict
from labs.queries import lab_steps, latest_submission, queue_position
from residual.accounts.models import User
from residual.pages import first_steps, lab_links, week_view
from residual.pages.first_steps import Path
from residual.progress.queries import NextGain, WeeklyTable, WeekRow, weekly_table
from residual.reviews.day_plan import PACE_S
from residual.reviews.queries import Today as ReviewDay
from residual.reviews.queries import forecast
from residual.reviews.queries import today as review_day


@dataclass(frozen=True, slots=True)
class LastLab:
    """The latest submission: how many of its checks passed, and its place in the queue while it waits."""

    submission: Submission
    passed: int
    total: int
    position: int | None


@dataclass(frozen=True, slots=True)
class Today:
    """What home shows. `now` names the one primary action: "path", "review", "step", "rest" or "nothing"."""

    now: str
    path: Path | None
    table: WeeklyTable
    week: WeekRow | None
    gain: NextGain | None
    gain_url: str
    reviews: ReviewDay
    review_minutes: int
    tomorrow: int
    has_cards: bool
    last: LastLab | None


def today_of(user: User) -> Today:
    table = weekly_table(user, lab_steps(user))
    week = _week(table)
    gain = week.next_gain if week else None
    path, reviews, ahead = first_steps.path_of(user), review_day(user), forecast(user, days=1)
    return Today(
        now=_now(path, reviews, gain, table),
        path=path,
        table=table,
        week=week,
        gain=gain,
        gain_url=_gain_url(week, gain),
        reviews=reviews,
        review_minutes=ceil(reviews.total * PACE_S / 60),
        tomorrow=ahead[0].cards,
        has_cards=bool(reviews.total or reviews.answered) or user.cards.exists(),
        last=_last_lab(user),
    )


def _week(table: WeeklyTable) -> WeekRow | None:
    """The first week with something to do today; else one where only time brings more, or labs that are not out yet."""
    gains = [(row, row.next_gain) for row in table if row.next_gain]
    doable = (row for row, gain in gains if not gain.waits)
    return next(doable, gains[0][0] if gains else table.current)


def _now(path: Path | None, reviews: ReviewDay, gain: NextGain | None, table: WeeklyTable) -> str:
    """Newcomers follow their path; then reviews come first, since they are short and due today."""
    if path and path.now:
        return "path"
    if reviews.total:
        return "review"
    if gain and not gain.waits:
        return "step"
    return "rest" if len(table) else "nothing"


def _gain_url(week: WeekRow | None, gain: NextGain | None) -> str:
    """Where the next gain is made: its own page, or its line of the week's."""
    if week is None or gain is None:
        return ""
    own = week_view.address(gain.activity, lab_links.for_activities([gain.activity]))
    return own or f"{reverse('week', args=[week.slug])}#{gain.activity.id}"


def _last_lab(user: User) -> LastLab | None:
    submission = latest_submission(user)
    if submission is None:
        return None
    verdicts = list(submission.results.values_list("verdict", flat=True))
    return LastLab(submission, verdicts.count(Verdict.PASSED), len(verdicts), queue_position(submission))
