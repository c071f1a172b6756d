"""A PostgreSQL database for one test, where there is a server. TEST_POSTGRES_URL names it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import dj_database_url
import psycopg
from django.core.management import call_command
from django.db import connections

from tests.needs import lacking

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


@contextmanager
def postgres_database() -> Iterator[None]:
    """Migrate a new database and make it the default for this thread and those it starts; skips without a server."""
    name = f"residual_test_{uuid4().hex[:12]}"
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        lacking(f"no PostgreSQL server at {SERVER}: {error}")
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            with _default_database({**dj_database_url.parse(SERVER), "NAME": name}):
                call_command("migrate", verbosity=0)
                yield
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _default_database(settings: dict[str, Any]) -> Iterator[None]:
    kept, kept_settings = connections["default"], connections.settings["default"]
    connections.settings["default"] = {**kept_settings, "OPTIONS": {}, **settings}
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = kept
        connections.settings["default"] = kept_settings
