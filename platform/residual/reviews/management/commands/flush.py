"""Django's `flush`, which the guard of the review log would otherwise refuse."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.flush import Command as Flush
from django.db import connections

from residual.reviews import append_only
from residual.reviews.models import ReviewLog


class Command(Flush):
    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        if ReviewLog._meta.db_table not in connection.introspection.table_names():
            super().handle(**options)
            return
        with append_only.lifted(connection):
            super().handle(**options)
