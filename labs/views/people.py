"""Who is asking."""

from __future__ import annotations

from django.http import HttpRequest

from residual.accounts.models import User


def learner(request: HttpRequest) -> User:
    """The signed-in user of a view behind `login_required`."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows a type that login_required already guarantees
    return request.user
