"""Databases of the kind that learners really use: a SQLite file and, where a server is there, PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.needs import lacking

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
SQLITE_OPTIONS = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"}
POSTGRES = pytest.param("postgresql", marks=pytest.mark.postgres)


@pytest.fixture(scope="module", params=["sqlite", POSTGRES])
def real_database(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A migrated database that threads can share, in place of the default one. Gives the vendor's name."""
    copied = _copied_postgres if request.param == "postgresql" else _copied_sqlite
    migrated = request.getfixturevalue(f"migrated_{request.param}")
    with copied(migrated) as changes, django_db_blocker.unblock(), _default_database(changes):
        yield request.param


@pytest.fixture(scope="session")
def migrated_sqlite(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,  # noqa: ARG001 - the default database must exist before we step beside it
    django_db_blocker: DjangoDbBlocker,
) -> Path:
    path = tmp_path_factory.mktemp("database") / "migrated.sqlite3"
    with django_db_blocker.unblock(), _default_database(_sqlite(path)):
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(
    django_db_setup: None,  # noqa: ARG001 - the default database must exist before we step beside it
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    name = f"reviews_{os.getpid()}"
    with _postgres(name) as changes:
        with django_db_blocker.unblock(), _default_database(changes):
            call_command("migrate", verbosity=0)
        yield name


@contextmanager
def _copied_sqlite(migrated: Path) -> Iterator[dict[str, Any]]:
    path = migrated.with_name("copy.sqlite3")
    shutil.copy(migrated, path)
    yield _sqlite(path)
    for left in path.parent.glob("copy.sqlite3*"):
        left.unlink()


@contextmanager
def _copied_postgres(migrated: str) -> Iterator[dict[str, Any]]:
    with _postgres(f"{migrated}_copy", migrated) as changes:
        yield changes


def _sqlite(path: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": SQLITE_OPTIONS}


@contextmanager
def _postgres(name: str, template: str = "template1") -> Iterator[dict[str, Any]]:
    """A database on the server, made from a template and dropped at the end."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        lacking(f"no PostgreSQL at {SERVER}")
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**names))
    server.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
    at = server.info
    address = {"HOST": at.host, "PORT": at.port, "USER": at.user, "PASSWORD": at.password}
    try:
        yield {"ENGINE": "django.db.backends.postgresql", "NAME": name, "OPTIONS": {}, **address}
    finally:
        server.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**names))
        server.close()


@contextmanager
def _default_database(changes: dict[str, Any]) -> Iterator[None]:
    """Make every connection of this block, in whatever thread, one to another database."""
    usual_settings, usual = connections.settings["default"], connections["default"]
    connections.settings["default"] = usual_settings | changes
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = usual_settings
        connections["default"] = usual
