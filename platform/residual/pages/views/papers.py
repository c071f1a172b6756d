"""The papers, and topics without one: a list that can be searched, and a page each."""

from __future__ import annotations

from collections import Counter

from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from curriculum import queries
from curriculum.models import Paper, Question, Topic
from residual.accounts.models import User
from residual.pages.words import rank
from residual.progress.models import Completion
from residual.progress.queries import completions


@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """`?q=` keeps the papers and topics that hold every word of it. htmx gets the list alone."""
    text = request.GET.get("q", "").strip()[:200]
    everything = list(queries.papers())
    quiz = Coalesce("paper_id", "topic_id")
    questions = Counter(Question.objects.live().annotate(quiz=quiz).values_list("quiz", flat=True))
    found = [(paper, questions[paper.id]) for paper in everything if not text or rank(text, _record(paper))]
    topics = [(topic, questions[topic.id]) for topic in queries.topics() if not text or rank(text, topic.title)]
    context = {"found": found, "topics": topics, "text": text, "total": len(everything)}
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "pages/papers_list.html" if partial else "pages/papers.html", context)


def _record(paper: Paper) -> str:
    return f"{paper.title} {paper.authors} {paper.year} {paper.venue}"


@require_safe
def paper(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(queries.papers(), slug=slug)
    return render(request, "pages/paper.html", {"paper": found, **_quiz_state(request, found)})


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(queries.topics(), slug=slug)
    return render(request, "pages/topic.html", {"topic": found, **_quiz_state(request, found)})


def _quiz_state(request: HttpRequest, about: Paper | Topic) -> dict[str, object]:
    done = completions(request.user) if isinstance(request.user, User) else {}
    return {
        "about": about,
        "questions": queries.questions(about.id).count(),
        "learned": _whole(done.get((Completion.Kind.QUIZ_LEARNED, about.id))),
        "kept": _whole(done.get((Completion.Kind.QUIZ_KEPT, about.id))),
    }


def _whole(completion: Completion | None) -> bool:
    return completion is not None and completion.share >= 1
