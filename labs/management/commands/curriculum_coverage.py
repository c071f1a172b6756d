"""`manage.py curriculum_coverage`: write docs/curriculum-coverage.md anew, or with --check say whether it is due."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs import coverage


class Command(BaseCommand):
    help = "Write docs/curriculum-coverage.md: every practical line of the sources and the labs for it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not up to date")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        text = coverage.page()
        if not check:
            coverage.PAGE.write_text(text, encoding="utf-8")
            self.stdout.write(f"wrote {coverage.PAGE}")
        elif not coverage.PAGE.is_file() or coverage.PAGE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/curriculum-coverage.md is out of date; run: python manage.py curriculum_coverage")
