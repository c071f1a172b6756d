"""The same site on PostgreSQL and Redis, chosen by their addresses alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from playwright.sync_api import Page

from tests.e2e.running import running_site
from tests.e2e.walk import walk
from tests.needs import lacking

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.xdist_group("own database"),
]

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")


@pytest.fixture
def database() -> Iterator[str]:
    """A database of the test's own; a visible skip where there is no server, an error in CI."""
    name = f"residual_e2e_{os.getpid()}"
    try:
        connection = psycopg.connect(f"{POSTGRES}/postgres", autocommit=True)
    except psycopg.OperationalError as error:
        lacking(f"no PostgreSQL at {POSTGRES}: {error}")
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{POSTGRES}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def broker() -> str:
    """A Redis database for the test; a visible skip where there is no server, an error in CI."""
    url = f"{REDIS}/9"
    try:
        redis.Redis.from_url(url).flushdb()
    except redis.ConnectionError as error:
        lacking(f"no Redis at {REDIS}: {error}")
    return url


def test_the_whole_way_works(page: Page, database: str, broker: str, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": database, "BROKER_URL": broker, "RUNNER_BROKER_URL": broker, "CACHE_URL": broker}
    with running_site(tmp_path, environment) as site:
        walk(page, site.url, with_keyboard=True)
        assert not (tmp_path / "residual.sqlite3").exists()
