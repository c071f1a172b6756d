"""Light, dark, or what the system says. The choice lives in a cookie, so that the first byte already has the theme."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

COOKIE: Final = "theme"
THEMES: Final = ("auto", "light", "dark")
COOKIE_SECONDS: Final = 365 * 24 * 3600


def chosen_theme(request: HttpRequest | None) -> str:
    value = request.COOKIES.get(COOKIE, "auto") if request else "auto"
    return value if value in THEMES else "auto"
