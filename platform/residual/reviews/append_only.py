"""The triggers that make the review log append-only, for the databases we run on.

Updates are always refused. A delete is let through only for a user with an `ErasureTicket`; emptying the whole table
(`manage.py flush`, and the tests that flush) goes through `lifted`. SQLite rebuilds a table to alter it and drops its
triggers then: a later migration of the log must install them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

_SQLITE_INSTALL: Final = (
    """CREATE TRIGGER reviews_log_no_update BEFORE UPDATE ON reviews_reviewlog BEGIN
         SELECT RAISE(ABORT, 'The review log is append-only: add a row instead of changing one.');
       END""",
    """CREATE TRIGGER reviews_log_no_delete BEFORE DELETE ON reviews_reviewlog
       WHEN NOT EXISTS (SELECT 1 FROM reviews_erasureticket WHERE user_id = OLD.user_id) BEGIN
         SELECT RAISE(ABORT, 'The review log is append-only: only erase_reviews may delete from it.');
       END""",
)
_SQLITE_REMOVE: Final = (
    "DROP TRIGGER IF EXISTS reviews_log_no_update",
    "DROP TRIGGER IF EXISTS reviews_log_no_delete",
)
_POSTGRES_INSTALL: Final = (
    """CREATE FUNCTION reviews_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'DELETE' THEN
           IF EXISTS (SELECT 1 FROM reviews_erasureticket WHERE user_id = OLD.user_id) THEN
             RETURN OLD;
           END IF;
         END IF;
         RAISE EXCEPTION 'The review log is append-only: % is refused.', TG_OP USING ERRCODE = 'restrict_violation';
       END $$""",
    """CREATE TRIGGER reviews_log_rows BEFORE UPDATE OR DELETE ON reviews_reviewlog
       FOR EACH ROW EXECUTE FUNCTION reviews_log_guard()""",
    """CREATE TRIGGER reviews_log_table BEFORE TRUNCATE ON reviews_reviewlog
       FOR EACH STATEMENT EXECUTE FUNCTION reviews_log_guard()""",
)
_POSTGRES_REMOVE: Final = (
    "DROP TRIGGER IF EXISTS reviews_log_rows ON reviews_reviewlog",
    "DROP TRIGGER IF EXISTS reviews_log_table ON reviews_reviewlog",
    "DROP FUNCTION IF EXISTS reviews_log_guard()",
)
_INSTALL: Final = {"sqlite": _SQLITE_INSTALL, "postgresql": _POSTGRES_INSTALL}
_REMOVE: Final = {"sqlite": _SQLITE_REMOVE, "postgresql": _POSTGRES_REMOVE}


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers. Raises KeyError on a database we have none for: the log must not run unguarded."""
    _execute(connection, _INSTALL[connection.vendor])


def remove(connection: BaseDatabaseWrapper) -> None:
    _execute(connection, _REMOVE[connection.vendor])


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the whole table be emptied, then guard it again."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)


def _execute(connection: BaseDatabaseWrapper, statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
