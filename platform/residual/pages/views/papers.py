"""The papers: a list that can be searched, and a page each."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from curriculum import queries
from curriculum.models import Paper, Question
from residual.accounts.models import User
from residual.pages.words import rank
from residual.progress.models import Completion
from residual.progress.queries import completions


@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """`?q=` keeps the papers that hold every word of it. htmx gets the list alone."""
    text = request.GET.get("q", "").strip()[:200]
    everything = list(queries.papers())
    questions = Counter(Question.objects.filter(retired_at__isnull=True).values_list("paper_id", flat=True))
    found = [(paper, questions[paper.id]) for paper in everything if not text or rank(text, _record(paper))]
    context = {"found": found, "text": text, "total": len(everything)}
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "pages/papers_list.html" if partial else "pages/papers.html", context)


def _record(paper: Paper) -> str:
    return f"{paper.title} {paper.authors} {paper.year} {paper.venue}"


@require_safe
def paper(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(queries.papers(), slug=slug)
    context = {"paper": found, "questions": queries.questions(found.id).count(), **_quiz_state(request, found)}
    return render(request, "pages/paper.html", context)


def _quiz_state(request: HttpRequest, paper: Paper) -> dict[str, bool]:
    if not isinstance(request.user, User):
        return {"learned": False, "kept": False}
    done = completions(request.user)
    return {
        "learned": _whole(done.get((Completion.Kind.QUIZ_LEARNED, paper.id))),
        "kept": _whole(done.get((Completion.Kind.QUIZ_KEPT, paper.id))),
    }


def _whole(completion: Completion | None) -> bool:
    return completion is not None and completion.share >= 1
