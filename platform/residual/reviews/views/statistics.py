"""What a learner's reviews add up to."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from residual.accounts.requests import LearnerRequest
from residual.reviews.presets import preset_of
from residual.reviews.statistics_view import everything


@login_required
@require_safe
def statistics(request: LearnerRequest) -> HttpResponse:
    user = request.user
    return render(request, "reviews/statistics.html", everything(user, preset_of(user), user.study_day()))
