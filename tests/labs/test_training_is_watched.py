"""From the site through a real runner and back: a training run is seen on its page and ends when it is cancelled."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from gpu_runner.client import SiteClient
from gpu_runner.protocol import judge_digest
from gpu_runner.worker import Worker
from labs import services
from labs.models import JudgeBundle, Submission
from residual.accounts.models import User
from tests.factories import make_lab, make_submission, make_user
from tests.gpu_runner.test_train_lane import ENDLESS, FILES, SGD
from tests.labs.catalog.proving import supervisor_with
from tests.labs.fake_runner import TOKEN

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db(transaction=True)]
LIMITS = {"wall_s": 60.0, "cpu_s": 60.0, "memory_mb": 256}


@pytest.fixture
def me() -> User:
    return make_user()


@pytest.fixture
def submit(me: User) -> Callable[[str], Submission]:
    """Queue a file for the little training lab."""
    encoded = {path: base64.b64encode(body).decode() for path, body in FILES.items()}
    judge = JudgeBundle.objects.create(digest=judge_digest(FILES), files=encoded)
    lab = make_lab("descend", lane="train", filename="descend.py", checks=("descends",), limits=LIMITS, judge=judge)
    return lambda source: make_submission(me, lab, source=source)


@pytest.fixture
def worker(live_server: LiveServer, tmp_path: Path) -> Iterator[Worker]:
    client = SiteClient(live_server.url, TOKEN, "runner-1", tmp_path)
    yield Worker(supervisor_with(()), client)
    client.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_a_run_leaves_numbers_and_a_verdict_on_its_page(
    client: Client, me: User, worker: Worker, submit: Callable[[str], Submission]
) -> None:
    submission = submit(SGD)

    assert worker.drain() == 1

    submission.refresh_from_db()
    assert (submission.status, submission.verdict) == ("done", "passed")
    assert submission.events.filter(kind="metric").count() > 1
    client.force_login(me)
    html = client.get(submission.get_absolute_url()).content.decode()
    assert "step 60" in html
    assert "steps/s by our clock" in html


def test_a_run_that_is_cancelled_on_the_site_ends_at_the_runner(
    worker: Worker, submit: Callable[[str], Submission]
) -> None:
    submission = submit(ENDLESS)
    judging = threading.Thread(target=worker.drain)
    judging.start()
    wait_for(submission.events.filter(kind="metric").exists)
    submission.refresh_from_db()

    assert services.cancel(submission)
    judging.join(timeout=20)

    assert not judging.is_alive()
    submission.refresh_from_db()
    assert submission.status == "cancelled"
