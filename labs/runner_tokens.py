"""Who a runner is: tokens that are shown once, kept as a hash, and can be taken back."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from labs.models import RunnerToken, Submission

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
TOKEN_BYTES: Final = 32  # with 256 random bits a plain SHA-256 can't be guessed back: no salt, no slow hash


class NotYourNameError(PermissionError):
    """A runner introduced itself under a name that its token does not stand for."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who made a request: one runner, or with an empty name whoever holds the site's RUNNER_TOKEN."""

    runner: str

    def introduce(self, name: str) -> None:
        """Raise NotYourNameError unless this speaker may call itself `name`."""
        if self.runner and name != self.runner:
            raise NotYourNameError(f"this token is for {self.runner}: set RUNNER_NAME={self.runner} there")
        if not self.runner and active().filter(runner=name).exists():
            raise NotYourNameError(f"{name} has a token of its own: use that one, or give this runner another name")

    def jobs(self) -> QuerySet[Submission]:
        """The submissions that this speaker may speak for: leased under its own name."""
        if self.runner:
            return Submission.objects.filter(runner=self.runner)
        return Submission.objects.exclude(runner__in=active().values("runner"))


def issue(runner: str) -> str:
    """A new token for `runner`. This is the only time that it can be read. Raises ValueError for an odd name."""
    if not NAME.fullmatch(runner):
        raise ValueError(f"{runner!r} is no name for a runner: letters, digits, dots, hyphens and underscores")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    RunnerToken.objects.create(runner=runner, digest=hashed(token))
    return token


def revoke(runner: str, *, keep_newest: bool = False) -> int:
    """Take back the tokens of `runner`, or all but its newest; how many that were."""
    tokens = active().filter(runner=runner)
    newest = tokens.order_by("-created_at", "-pk").first() if keep_newest else None
    others = tokens.exclude(pk=newest.pk) if newest else tokens
    return others.update(revoked_at=timezone.now())


def speaker(token: str) -> Speaker | None:
    """Who holds `token`, or None."""
    if settings.RUNNER_TOKEN and hmac.compare_digest(token.encode(), settings.RUNNER_TOKEN.encode()):
        return Speaker("")
    found = active().filter(digest=hashed(token)).first()
    return Speaker(found.runner) if found else None


def active() -> QuerySet[RunnerToken]:
    return RunnerToken.objects.filter(revoked_at=None)


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
