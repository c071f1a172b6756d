"""`manage.py demo [--weeks N] [--seed N] [--remove]`: a learner with months of made-up history, clearly marked."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from curriculum.models import Week
from residual.portability.demo import account, story


class Command(BaseCommand):
    help = "Makes a demo learner with months of believable history, for trials and screenshots; or removes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--weeks", type=int, default=14, help="How far back the history goes.")
        parser.add_argument("--seed", type=int, default=1, help="Another seed tells another story.")
        parser.add_argument("--password", default="", help="To log in with; made up and printed if not given.")
        parser.add_argument("--remove", action="store_true", help="Forget the demo learner with all of their history.")

    def handle(self, *_args: str, **options: Any) -> None:
        try:
            message = _remove() if options["remove"] else _make(options)
        except account.DemoError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(message)


def _remove() -> str:
    if account.remove():
        return "The demo learner and all of their history are gone."
    return "There is no demo learner. Nothing was done."


def _make(options: dict[str, Any]) -> str:
    weeks = options["weeks"]
    if not 1 <= weeks <= 104:
        raise CommandError("--weeks goes from 1 to 104.")
    if not Week.objects.live().exists():
        raise CommandError("There is no content yet. Start the site once with residual run, or run sync_content.")
    password = options["password"] or secrets.token_urlsafe(12)
    user = account.make(password, timezone.now() - timedelta(weeks=weeks))
    days = story.tell(user, weeks=weeks, seed=options["seed"])
    return (
        f"A demo learner with {days} days of study is there. Log in as {user.email} with {password}\n"
        "Every page of theirs says that it is a demo. Remove it with: residual demo --remove"
    )
