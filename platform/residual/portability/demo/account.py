"""The demo learner: made, marked, found and removed. Nothing here touches an account that is not marked as a demo."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from django.db import transaction

from residual.accounts.models import User
from residual.reviews.services import erase_reviews

EMAIL: Final = "demo@residual.invalid"  # .invalid never belongs to anybody (RFC 2606)


class DemoError(Exception):
    """Why nothing was done, and what to do."""


def make(password: str, joined: datetime) -> User:
    """The demo learner, who joined at `joined`. Raises DemoError if the address is taken, by a demo or by a person."""
    taken = User.objects.filter(email=EMAIL).first()
    if taken and not taken.is_demo:
        raise DemoError(f"{EMAIL} belongs to an account that is not a demo. It was left alone.")
    if taken:
        raise DemoError("There is a demo learner already. Remove it first: residual demo --remove")
    with transaction.atomic():
        user = User.objects.create_user(
            EMAIL, password, display_name="Demo", is_demo=True, date_joined=joined, guide_dismissed_at=joined
        )
        EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return user


def remove() -> bool:
    """Forget the demo learner with everything made up for them; False if there was none."""
    user = User.objects.filter(email=EMAIL, is_demo=True).first()
    if user is None:
        return False
    with transaction.atomic():
        erase_reviews(user)
        user.delete()
    return True


def insist(user: User) -> None:
    """Raise DemoError unless `user` is a demo: history is made up for nobody else."""
    if not user.is_demo:
        raise DemoError(f"{user.email} is a real account. History is made up for demo learners alone.")
