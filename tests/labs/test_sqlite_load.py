"""SQLite bears twenty submitters and a runner's posts at once: no request fails (docs/architecture.md, settings)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from labs import services
from labs.models import Lab, Submission
from residual.accounts.models import User
from residual.progress.models import Completion
from tests.factories import SOURCE, make_lab, make_user
from tests.labs.fake_runner import FakeRunner

SUBMITTERS = 20
EACH = 2
RUNNERS = 2


@pytest.fixture
def file_database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database in a file, with the site's own SQLite options, for this thread and those that it starts."""
    memory = connections["default"]
    if memory.vendor != "sqlite":
        pytest.skip("the site runs on another database here: this is about SQLite")
    with django_db_blocker.unblock():
        path = tmp_path / "load.sqlite3"
        memory.ensure_connection()
        with closing(sqlite3.connect(path)) as target:
            memory.connection.backup(target)
        kept = memory.settings_dict
        connections.settings["default"] = {**kept, "NAME": str(path)}
        connections["default"] = connections.create_connection("default")
        yield
        connections["default"].close()
        connections["default"] = memory
        connections.settings["default"] = kept


@pytest.mark.slow
@pytest.mark.usefixtures("file_database")
def test_twenty_submitters_and_a_busy_runner_see_no_error() -> None:
    lab, users = make_lab(), [make_user() for _ in range(SUBMITTERS)]
    with ThreadPoolExecutor(SUBMITTERS + RUNNERS) as pool:
        work = [pool.submit(submit, user, lab) for user in users] + [pool.submit(judge) for _ in range(RUNNERS)]
        for job in work:
            job.result()
    done = Submission.objects.filter(status="done", verdict="passed", attempt=1)
    assert done.count() == SUBMITTERS * EACH
    assert Completion.objects.filter(share=1).count() == SUBMITTERS


def submit(user: User, lab: Lab) -> None:
    with closing(connections["default"]):
        for _ in range(EACH):
            services.submit(user, lab, SOURCE)


def judge() -> None:
    """Ask for jobs until all that will ever be submitted are done."""
    runner = FakeRunner()
    with closing(connections["default"]):
        while Submission.objects.filter(status="done").count() < SUBMITTERS * EACH:
            if not runner.judge(shapes="passed", values="passed"):
                time.sleep(0.01)
