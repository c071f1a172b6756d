"""The seven phases and what each holds."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from curriculum import queries
from curriculum.models import Phase
from residual.pages import lab_links
from residual.pages.phase_view import sections

TRACK: Final = "seven-phases"


@require_safe
def phases(request: HttpRequest) -> HttpResponse:
    track = queries.tracks().filter(slug=TRACK).first()
    return render(request, "pages/phases.html", {"phases": queries.phases(), "track": track})


@require_safe
def phase(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(queries.phases(), slug=slug)
    around = {other.number: other for other in Phase.objects.filter(retired_at__isnull=True)}
    context = {
        "phase": found,
        "sections": sections(found, lab_links.for_phase(found)),
        "passed": lab_links.passed(request.user),
        "before": around.get(found.number - 1),
        "after": around.get(found.number + 1),
    }
    return render(request, "pages/phase.html", context)
