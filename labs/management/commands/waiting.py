"""`residual doctor` ends with this: submissions that no runner can take, and what is missing for them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from labs import placement


class Command(BaseCommand):
    help = "Names what no runner has that waiting submissions need. Silent where nothing waits in vain."

    def handle(self, *_args: str, **_options: Any) -> None:
        try:
            short = placement.summary()
        except DatabaseError as error:
            self.stderr.write(f"The site's database was not asked what waits: {str(error).splitlines()[0]}")
            return
        for found, count in short:
            self.stdout.write(f"waiting in vain: {count}. {found.what}\n  to mend it: {found.remedy}")
