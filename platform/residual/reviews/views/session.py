"""One card at a time: the question, the verdict, and an honest end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from residual.accounts.models import User
from residual.accounts.requests import LearnerRequest
from residual.reviews import presenting, queries, services
from residual.reviews.grading import Answer
from residual.reviews.models import Card, ReviewLog
from residual.reviews.presets import preset_of
from residual.reviews.services import Conflict
from residual.reviews.statistics_view import forecast_chart


@login_required
@never_cache
@require_safe
def session(request: LearnerRequest) -> HttpResponse:
    """The next card, or what there is to say when none is left."""
    services.take_up_evidence(request.user)
    if queries.today(request.user).answered == 0:
        services.introduce_roadmap(request.user)
        services.introduce_labs_again(request.user)
    cards = queries.due(request.user)
    if not cards and services.introduce_roadmap(request.user):
        cards = queries.due(request.user)
    return question(request, cards[0]) if cards else _done(request)


@login_required
@never_cache
@require_safe
def card(request: LearnerRequest, card_id: int) -> HttpResponse:
    """One card by its number: after an undo, and with `?reveal=1` for the learner to compare the answer."""
    found = get_object_or_404(queries.with_quizzes(Card.objects.select_related("user")), pk=card_id, user=request.user)
    if request.GET.get("reveal"):
        return question(request, found, **presenting.revealed(found, preset_of(request.user)))
    return question(request, found)


@login_required
@never_cache
@require_safe
def verdict(request: LearnerRequest, row_id: int) -> HttpResponse:
    rows = ReviewLog.objects.select_related("card__question__paper", "card__question__topic")
    row = get_object_or_404(rows, pk=row_id, user=request.user, kind=ReviewLog.Kind.REVIEW)
    if not row.machine_graded:  # the learner has seen the answer before grading it
        return redirect("reviews:session")
    is_last = row.card.revision == row.seq
    can_rate = bool(row.correct) and is_last and row.study_day == request.user.study_day()
    preset = preset_of(request.user)
    context = presenting.judged(row) | frame(request.user) | {"leech": presenting.sticking_point(row, preset)}
    ratings = presenting.passing_ratings(row, preset) if can_rate else []
    return render(request, "reviews/verdict.html", context | {"ratings": ratings, "is_last": is_last})


def question(
    request: LearnerRequest, asked: Card, answer: Answer | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of a question; `answer` fills in again what could not be read."""
    context = presenting.asked(asked, answer) | frame(request.user) | {"last": queries.last_answer(request.user)}
    return render(request, "reviews/question.html", context | more, status=status)


def conflict(request: LearnerRequest, stale: Conflict) -> HttpResponse:
    """What happened to the card in the meantime, and the answer that was not counted."""
    rows = stale.card.log.filter(seq__gt=stale.submission.revision).order_by("seq")
    context = {"card": stale.card, "rows": rows, "answer": _words(stale.submission.answer), **frame(request.user)}
    return render(request, "reviews/conflict.html", context, status=409)


def _done(request: LearnerRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "today": queries.today(request.user, now),
        "next_step": _next_step(request.user, now),
        "forecast": forecast_chart([(day.day, day.cards) for day in queries.forecast(request.user, now=now)]),
        "has_cards": Card.objects.filter(user=request.user).exists(),
        "last": queries.last_answer(request.user, now),
        "key": uuid4(),
        "limits": preset_of(request.user),
    }
    return render(request, "reviews/done.html", context)


def _next_step(user: User, now: datetime) -> datetime | None:
    """When the next learning step of this study day ends."""
    cards = Card.objects.filter(user=user, suspended=False, due_day=user.study_day(now), due__gt=now)
    return cards.order_by("due").values_list("due", flat=True).first()


def frame(user: User) -> dict[str, Any]:
    """What every page of a session shows. `shown` is milliseconds since 1970, to tell how long an answer took."""
    now = timezone.now()
    return {"today": queries.today(user, now), "key": uuid4(), "shown": presenting.milliseconds(now)}


def _words(answer: Answer | None) -> str:
    """An answer as plain words, so that it can be copied out of the page."""
    if not answer:
        return ""
    value = next(iter(answer.values()))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return ", ".join(str(part) for part in parts)
