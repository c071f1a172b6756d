"""`residual runner-token [NAME]`: make, list and take back the tokens of runners."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs import runner_tokens
from labs.models import RunnerToken


class Command(BaseCommand):
    help = "Makes a token for the runner NAME and prints it once. Without NAME: lists the tokens there are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="What the runner calls itself (RUNNER_NAME).")
        taking_back = parser.add_mutually_exclusive_group()
        taking_back.add_argument("--revoke", action="store_true", help="Take back every token of NAME; make none.")
        taking_back.add_argument(
            "--revoke-older", action="store_true", help="Take back every token of NAME but its newest; make none."
        )

    def handle(self, *_args: str, **options: Any) -> None:
        name, revoking = options["name"], options["revoke"] or options["revoke_older"]
        if name is None and revoking:
            raise CommandError("Name the runner whose tokens to take back.")
        if name is None:
            self._list()
        elif revoking:
            self._revoke(name, keep_newest=options["revoke_older"])
        else:
            self._issue(name)

    def _issue(self, name: str) -> None:
        try:
            token = runner_tokens.issue(name)
        except ValueError as error:
            raise CommandError(f"{error}.") from None
        self.stderr.write(f"On the runner host set RUNNER_NAME={name} and RUNNER_TOKEN to this. It is not shown again:")
        self.stdout.write(token)

    def _revoke(self, name: str, *, keep_newest: bool) -> None:
        count = runner_tokens.revoke(name, keep_newest=keep_newest)
        if not count:
            raise CommandError(f"There is no such token of {name}. `residual runner-token` lists them.")
        self.stdout.write(f"Taken back: {count} token{'s' if count > 1 else ''} of {name}.")

    def _list(self) -> None:
        for token in RunnerToken.objects.order_by("runner", "created_at"):
            state = f"taken back {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "in force"
            self.stdout.write(f"{token.runner}  made {token.created_at:%Y-%m-%d %H:%M} UTC  {state}")
