"""How a learner wants to review."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from residual.accounts.requests import LearnerRequest
from residual.reviews.forms import PresetForm
from residual.reviews.presets import preset_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_preset(request: LearnerRequest) -> HttpResponse:
    form = PresetForm(request.POST or None, instance=preset_of(request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. Cards follow it from their next review on."))
        return redirect("reviews:preset")
    return render(request, "reviews/preset.html", {"form": form}, status=422 if form.errors else 200)
