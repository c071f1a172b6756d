"""`manage.py sync_content [--check]`: content files to the database, or every error in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from curriculum.loading import BrokenContentError, ContentError
from residual.portability import content


class Command(BaseCommand):
    help = "Copies curriculum/content and labs/catalog to the database. With --check: only reports what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Check every file; write nothing.")

    def handle(self, *_args: str, **options: Any) -> None:
        message = _check() if options["check"] else _sync()
        if options["verbosity"] > 0:
            self.stdout.write(message)


def _check() -> str:
    if errors := content.check():
        raise _refusal(errors)
    return "Content: no errors."


def _sync() -> str:
    try:
        return f"Content: {content.sync(timezone.now())}."
    except BrokenContentError as broken:
        raise _refusal(broken.errors) from None


def _refusal(errors: Sequence[ContentError]) -> CommandError:
    lines = "\n".join(f"  {error}" for error in errors)
    return CommandError(f"The content has {len(errors)} error(s); nothing was written:\n{lines}")
