"""Pages about the site itself: health, status, theme, the style page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from residual.pages import health, style
from residual.ui.themes import COOKIE, COOKIE_SECONDS, THEMES


@never_cache
@require_GET
def healthz(_request: HttpRequest) -> JsonResponse:
    """For load balancers and the supervisor: 200 when the site can serve, 503 when its database does not answer."""
    database = health.database()
    return JsonResponse({"database": database.state}, status=200 if database.works else 503)


@never_cache
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/status.html", {"parts": health.everything(), "runners": health.runners()})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Without JavaScript the menu posts here; with it the script writes the same cookie."""
    response = redirect(_safe_next(request))
    choice = request.POST.get("theme", "")
    if choice not in THEMES:
        messages.error(request, _("That is no theme we have. Choose light, dark or as the system."))
        return response
    response.set_cookie(COOKIE, choice, max_age=COOKIE_SECONDS, samesite="Lax", secure=request.is_secure())
    return response


@require_GET
def style_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/style.html", style.samples())


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    host = {request.get_host()}
    here = url_has_allowed_host_and_scheme(target, allowed_hosts=host, require_https=request.is_secure())
    return target if here else "home"
