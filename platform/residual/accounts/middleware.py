"""Shows every time in the learner's own time zone."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from residual.accounts.models import User


class TimeZoneMiddleware:
    """Goes after AuthenticationMiddleware. Visitors without an account see UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = ZoneInfo(request.user.time_zone) if isinstance(request.user, User) else None
        with timezone.override(zone):
            return self.get_response(request)
