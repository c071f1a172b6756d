"""The doorbell carries only an id, and a broker that is away never fails a submission."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import redis
from pytest_django.fixtures import Settings

from labs.dispatch import ring
from tests.needs import lacking


def test_ringing_leaves_one_message_that_names_the_job(settings: Settings, tmp_path: Path) -> None:
    settings.RUNNER_BROKER_URL = f"filesystem://{tmp_path}/runner"
    assert ring("job-1")
    (message,) = (tmp_path / "runner/messages").iterdir()
    headers = json.loads(message.read_text())["headers"]
    assert headers["task"] == "gpu_runner.ring"
    assert headers["argsrepr"] == "['job-1']"
    assert headers["expires"]


def test_a_broker_that_is_away_is_a_line_in_the_log_and_no_error(settings: Settings) -> None:
    settings.RUNNER_BROKER_URL = "redis://127.0.0.1:1/0"
    assert ring("job-1") is False


@pytest.mark.redis
def test_on_redis_the_message_lies_under_the_runners_own_prefix(settings: Settings) -> None:
    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    server = redis.Redis.from_url(url)
    try:
        server.delete("residual-runner:runner")
    except redis.ConnectionError:
        lacking(f"no Redis server at {url}")
    settings.RUNNER_BROKER_URL = url
    try:
        assert ring("job-1")
        assert server.llen("residual-runner:runner") == 1
    finally:
        server.delete(*server.scan_iter("residual-runner:*"))
        server.close()
