"""Fit the scheduler's weights to reviews, and keep them where they predict better."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from residual.accounts.models import User
from residual.reviews.fitting import MINIMUM, Fitted, TooFewReviewsError
from residual.reviews.services.refitting import refit_learner, refit_site


class Command(BaseCommand):
    help = "Fit the scheduler's weights to the reviews of one learner or of the whole site, as a new preset version."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--user", metavar="EMAIL", help="fit to this learner's reviews, for this learner")
        whose.add_argument("--site", action="store_true", help="fit to everybody's, for all without a fit of their own")
        parser.add_argument("--minimum", type=int, default=MINIMUM, help="refuse below so many telling reviews")
        parser.add_argument("--dry-run", action="store_true", help="say what it would bring, and keep nothing")

    def handle(self, **options: Any) -> None:
        keep = not options["dry_run"]
        try:
            if options["site"]:
                found = refit_site(options["minimum"], keep=keep)
            else:
                found = refit_learner(self._user(options["user"]), options["minimum"], keep=keep)
        except TooFewReviewsError as error:
            raise CommandError(f"Nothing was changed: {error}.") from None
        self._tell(found, keep)

    def _user(self, email: str) -> User:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is no learner with the e-mail address {email}.")
        return user

    def _tell(self, found: Fitted, keep: bool) -> None:
        self.stdout.write(
            f"{found.reviews} reviews; log loss on the newest {found.held_out}: "
            f"{found.before:.4f} before, {found.after:.4f} after."
        )
        if not found.better:
            self.stdout.write("The present weights predict at least as well: they stay.")
        elif keep:
            self.stdout.write(
                self.style.SUCCESS("Kept as a new preset version. Cards follow it from their next review.")
            )
        else:
            self.stdout.write("A dry run: nothing was kept.")
