"""The map of the curriculum. Anyone may look; a learner sees what is done."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from curriculum import queries
from curriculum.models import Week
from labs.queries import completions
from residual.accounts.models import User
from residual.pages import curriculum_map, lab_links
from residual.pages.curriculum_map import Map
from residual.progress.queries import weekly_table


@require_safe
def show_map(request: HttpRequest) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    return render(request, "pages/map.html", {"maps": _maps(user)})


def _weeks() -> QuerySet[Week]:
    """Nothing of a week but its name and its needs."""
    return Week.objects.live().prefetch_related(Prefetch("needs", Week.objects.live()))


def _maps(user: User | None) -> list[Map]:
    rows = {row.slug: row for row in weekly_table(user)} if user else {}
    shares = {lab: entry.share for lab, entry in completions(user).items()} if user else None
    named = list(queries.named_labs())
    labs = lab_links.by_id(lab.id for lab in named)
    return [
        curriculum_map.drawn("weeks", _("The twelve weeks"), curriculum_map.week_stops(_weeks(), rows)),
        curriculum_map.drawn("phases", _("The seven phases"), curriculum_map.phase_stops(queries.phases(), shares)),
        curriculum_map.drawn("labs", _("The labs"), curriculum_map.lab_stops(named, labs, shares)),
    ]
