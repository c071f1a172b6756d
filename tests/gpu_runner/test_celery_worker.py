"""The runner as it is started in production: a Celery worker, woken by a doorbell on either broker."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from gpu_runner.protocol import RING_QUEUE, RING_TASK, Limits, Verdict, broker_settings
from gpu_runner.supervisor.levels import NoSandboxError, detect_level
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.fake_site import TOKEN, FakeSite, serving
from tests.gpu_runner.hostile import HONEST
from tests.needs import lacking

pytestmark = pytest.mark.sandbox
ROOT = Path(__file__).parents[2]
FILES = {"lab.yaml": LAB, "checks.py": CHECKS}


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving() as running:
        yield running


@pytest.fixture
def folder_broker(tmp_path: Path) -> str:
    """A folder with the two kinds of damaged message: one that is being written, one that is cut short."""
    messages = tmp_path / "broker" / "messages"
    messages.mkdir(parents=True)
    (messages / f"1_empty.{RING_QUEUE}.msg").touch()
    (messages / f"2_broken.{RING_QUEUE}.msg").write_text('{"body": ')
    return f"filesystem://{tmp_path}/broker"


@pytest.fixture
def redis_broker(tmp_path: Path) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        lacking("redis-server is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(timeout=10)


BROKERS = [
    pytest.param("folder_broker", id="folder"),
    pytest.param("redis_broker", id="redis", marks=pytest.mark.redis),
]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def runner(site: FakeSite, broker: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    try:
        level = detect_level().level.value
    except NoSandboxError as error:
        lacking(f"no sandbox on this machine: {error}")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "RUNNER_BROKER_URL": broker,
        "SITE_URL": site.url,
        "RUNNER_TOKEN": TOKEN,
        "RUNNER_NAME": "runner-1",
        "RUNNER_CACHE_DIR": str(tmp_path / "cache"),
        "RUNNER_PRELOAD": "",
        "MIN_LEVEL": level,
    }
    command = [sys.executable, "-m", "celery", "-A", "gpu_runner.celery", "worker", "--pool", "threads"]
    process = subprocess.Popen([*command, "--concurrency", "2", "--loglevel", "WARNING"], env=environment, cwd=tmp_path)
    yield process
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_a_doorbell_and_a_lost_doorbell_both_end_in_a_verdict(
    runner: subprocess.Popen[bytes], site: FakeSite, broker: str
) -> None:
    site.add_job(FILES, HONEST)
    assert site.wait_for_verdicts(1)[0].report.verdict is Verdict.PASSED  # nobody rang: found while idle

    job = site.add_job(FILES, "def double(x):\n    return 3 * x\n")
    bell = Celery(set_as_current=False)
    bell.conf.update(broker_settings(broker))
    bell.send_task(RING_TASK, args=[job.id], queue=RING_QUEUE, ignore_result=True)
    bell.close()

    report = site.wait_for_verdicts(2)[1].report
    assert report.verdict is Verdict.FAILED
    assert report.checks[0].details["misconception"]["id"] == "thrice"
    assert runner.poll() is None


@pytest.mark.parametrize("broker", BROKERS[:1], indirect=True)
def test_a_runner_that_is_asked_to_stop_hands_its_training_back_at_once(
    runner: subprocess.Popen[bytes], site: FakeSite
) -> None:
    limits = Limits(wall_s=600, cpu_s=600, memory_mb=256)
    job = site.add_job(FILES, "import time\ntime.sleep(500)\n", lane="train", limits=limits, lease_s=600)
    with site.told:  # the child sleeps by the second heartbeat at the latest; told or not, it is let go
        assert site.told.wait_for(lambda: site.events, timeout=60)

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(timeout=30) == 0
    assert site.handed_back == [job.id]
    assert site.verdicts == []
    assert [event.kind for batch in site.events for event in batch.events] == ["started"]


def test_a_runner_that_is_asked_to_stop_finishes_what_it_has_and_takes_no_more(
    runner: subprocess.Popen[bytes], site: FakeSite
) -> None:
    for _ in range(40):
        site.add_job(FILES, HONEST)
    site.wait_for_verdicts(2)

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(timeout=30) == 0
    assert site.queue != []
    assert len(site.verdicts) + len(site.handed_back) == 40 - len(site.queue)  # one may be claimed just then
    assert {told.report.verdict for told in site.verdicts} == {Verdict.PASSED}
