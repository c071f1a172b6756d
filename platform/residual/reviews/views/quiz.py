"""The quiz of a paper or a topic: what is in it, how it stands, and the button that starts it."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from curriculum.models import Paper, Topic
from curriculum.queries import questions
from residual.accounts.requests import LearnerRequest
from residual.progress.models import Completion
from residual.reviews import services
from residual.reviews.models import Card
from residual.reviews.presets import preset_of


@login_required
@require_safe
def quiz(request: LearnerRequest, slug: str) -> HttpResponse:
    return _show(request, get_object_or_404(Paper.objects.live(), slug=slug))


@login_required
@require_safe
def topic_quiz(request: LearnerRequest, slug: str) -> HttpResponse:
    return _show(request, get_object_or_404(Topic.objects.live(), slug=slug))


@login_required
@require_POST
def start(request: LearnerRequest, slug: str) -> HttpResponse:
    return _start(request, get_object_or_404(Paper.objects.live(), slug=slug))


@login_required
@require_POST
def topic_start(request: LearnerRequest, slug: str) -> HttpResponse:
    return _start(request, get_object_or_404(Topic.objects.live(), slug=slug))


def _show(request: LearnerRequest, about: Paper | Topic) -> HttpResponse:
    asked = questions(about.pk)
    cards = {card.question_id: card for card in Card.objects.filter(user=request.user, question__in=asked)}
    rows = [(question, cards.get(question.pk)) for question in asked]
    shares = Completion.objects.filter(user=request.user, ref=about.pk).values_list("kind", "share")
    percents = {kind: int(100 * share) for kind, share in shares}
    context = {
        "about": about,
        "is_topic": isinstance(about, Topic),
        "rows": rows,
        "core": sum(question.core for question, _card in rows),
        "begun": any(card for _question, card in rows),
        "not_started": sum(card is None and not question.is_whole_lab for question, card in rows),
        "learned": percents.get(Completion.Kind.QUIZ_LEARNED, 0),
        "kept": percents.get(Completion.Kind.QUIZ_KEPT, 0),
        "leech_lapses": preset_of(request.user).leech_lapses,
        "key": uuid4(),
    }
    return render(request, "reviews/quiz.html", context)


def _start(request: LearnerRequest, about: Paper | Topic) -> HttpResponse:
    count = services.start_quiz(request.user, about)
    if count:
        text = ngettext("%(count)d question is waiting for you.", "%(count)d questions are waiting for you.", count)
        messages.success(request, text % {"count": count})
    return redirect("reviews:session")
