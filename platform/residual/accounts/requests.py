"""The request of somebody who is signed in, for views behind `login_required`."""

from __future__ import annotations

from django.http import HttpRequest

from residual.accounts.models import User


class LearnerRequest(HttpRequest):
    user: User
