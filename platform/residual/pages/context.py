"""What every page's frame shows: how many reviews are due."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from residual.accounts.models import User
from residual.reviews.queries import due_count


def site(request: HttpRequest) -> dict[str, object]:
    """`due_count` asks the database once, and only when a template shows it."""
    user: User | AnonymousUser | None = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"due_count": 0}
    learner = user
    return {"due_count": SimpleLazyObject(lambda: due_count(learner))}
