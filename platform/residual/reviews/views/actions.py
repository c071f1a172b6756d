"""What a learner does to a card. Every form carries the card's revision and a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from fsrs import Rating

from curriculum.models import Question
from residual.accounts.models import User
from residual.accounts.requests import LearnerRequest
from residual.reviews import grading, services
from residual.reviews.grading import Answer, Unreadable
from residual.reviews.models import Card, ReviewLog
from residual.reviews.queries import with_quizzes
from residual.reviews.services import Conflict, NothingToUndo, Submission
from residual.reviews.views import katas, session

LONGEST_ANSWER_MS: Final = 10 * 60 * 1000  # who was away from the desk did not think for an hour
_KEY_LENGTH: Final = 70


@login_required
@require_POST
def answer(request: LearnerRequest, card_id: int) -> HttpResponse:
    card = get_object_or_404(with_quizzes(Card.objects.select_related("user")), pk=card_id, user=request.user)
    given = None if request.POST.get("give_up") else grading.read(card.question.kind, request.POST)
    submission = Submission(
        revision=_number(request.POST, "revision"),
        key=_key(request.POST),
        answer=given,
        rating=_rating(request.POST),
        duration_ms=_duration_ms(request.POST),
    )
    if card.question.kind == Question.Kind.KATA and given is not None:
        return katas.send(request, card, submission)
    try:
        row = services.answer(request.user, card.pk, submission)
    except Conflict as stale:
        return session.conflict(request, stale)
    except Unreadable as problem:
        return _ask_again(request, card, given, problem)
    return redirect("reviews:verdict", row.pk) if row.machine_graded else redirect("reviews:session")


@login_required
@require_POST
def more_time(request: LearnerRequest) -> HttpResponse:
    """Go on for ten minutes after the day's are spent."""
    services.more_time(request.user)
    return redirect("reviews:session")


@login_required
@require_POST
def rate(request: LearnerRequest, row_id: int) -> HttpResponse:
    """Give a right answer another passing rating."""
    rating = _rating(request.POST)
    if rating is None:
        raise BadRequest("rating: 2, 3 or 4")
    try:
        row = services.rerate(request.user, row_id, rating, _key(request.POST))
    except ReviewLog.DoesNotExist:
        raise Http404 from None
    except Conflict as stale:
        return session.conflict(request, stale)
    except Unreadable as problem:
        messages.error(request, str(problem))
        return redirect("reviews:verdict", row_id)
    return redirect("reviews:verdict", row.pk)


@login_required
@require_POST
def undo(request: LearnerRequest, card_id: int) -> HttpResponse:
    try:
        services.undo(request.user, card_id, _number(request.POST, "revision"), _key(request.POST))
    except Card.DoesNotExist:
        raise Http404 from None
    except Conflict as stale:
        return session.conflict(request, stale)
    except NothingToUndo:
        messages.info(request, _("There is no answer of today left to undo."))
        return redirect("reviews:session")
    messages.success(request, _("Undone. Here is the question again."))
    return redirect("reviews:card", card_id)


@login_required
@require_POST
def suspend(request: LearnerRequest, card_id: int) -> HttpResponse:
    return _shelve(request, card_id, services.suspend, _("Suspended. Its quiz page can bring it back."))


@login_required
@require_POST
def resume(request: LearnerRequest, card_id: int) -> HttpResponse:
    return _shelve(request, card_id, services.resume, _("The question is back."))


@login_required
@require_POST
def bury(request: LearnerRequest, card_id: int) -> HttpResponse:
    return _shelve(request, card_id, services.bury, _("Put aside until tomorrow."))


Shelve = Callable[[User, int, int, str], Card]


def _shelve(request: LearnerRequest, card_id: int, act: Shelve, message: str) -> HttpResponse:
    try:
        card = act(request.user, card_id, _number(request.POST, "revision"), _key(request.POST))
    except Card.DoesNotExist:
        raise Http404 from None
    except Conflict as stale:
        return session.conflict(request, stale)
    messages.success(request, message)
    if act is services.resume:
        return redirect(card.question.about.quiz_url)
    return redirect("reviews:session")


def _ask_again(request: LearnerRequest, card: Card, given: Answer | None, problem: Unreadable) -> HttpResponse:
    return session.question(request, card, given, status=422, problem=str(problem))


def _number(data: QueryDict, name: str) -> int:
    """A number that our own form put there. Raises BadRequest where somebody else's did not."""
    value = data.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise BadRequest(f"{name}: a whole number")
    return int(value)


def _key(data: QueryDict) -> str:
    key = data.get("key", "")
    if not key or len(key) > _KEY_LENGTH or not key.isprintable():
        raise BadRequest(f"key: 1 to {_KEY_LENGTH} characters")
    return key


def _rating(data: QueryDict) -> Rating | None:
    value = data.get("rating", "")
    return Rating(int(value)) if value in {"1", "2", "3", "4"} else None


def _duration_ms(data: QueryDict) -> int | None:
    if not data.get("shown"):
        return None
    passed = int(timezone.now().timestamp() * 1000) - _number(data, "shown")
    return min(max(passed, 0), LONGEST_ANSWER_MS)
