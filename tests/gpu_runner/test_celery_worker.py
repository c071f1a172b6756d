"""The runner as it is started in production: a Celery worker on the file system broker, woken by a doorbell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from gpu_runner.protocol import RING_QUEUE, RING_TASK, Verdict, broker_settings
from gpu_runner.supervisor.levels import NoSandboxError, detect_level
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.fake_site import TOKEN, FakeSite, serving
from tests.gpu_runner.hostile import HONEST

pytestmark = pytest.mark.sandbox
ROOT = Path(__file__).parents[2]
FILES = {"lab.yaml": LAB, "checks.py": CHECKS}


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving() as running:
        yield running


@pytest.fixture
def runner(site: FakeSite, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    try:
        level = detect_level().level.value
    except NoSandboxError as error:
        pytest.skip(f"no sandbox on this machine: {error}")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "RUNNER_BROKER_URL": f"filesystem://{tmp_path}/broker",
        "SITE_URL": site.url,
        "RUNNER_TOKEN": TOKEN,
        "RUNNER_NAME": "runner-1",
        "RUNNER_CACHE_DIR": str(tmp_path / "cache"),
        "RUNNER_PRELOAD": "",
        "MIN_LEVEL": level,
    }
    messages = tmp_path / "broker" / "messages"
    messages.mkdir(parents=True)
    (messages / f"1_empty.{RING_QUEUE}.msg").touch()  # what a reader sees of a message that is being written
    (messages / f"2_broken.{RING_QUEUE}.msg").write_text('{"body": ')
    command = [sys.executable, "-m", "celery", "-A", "gpu_runner.celery", "worker", "--pool", "threads"]
    process = subprocess.Popen([*command, "--concurrency", "2", "--loglevel", "WARNING"], env=environment, cwd=tmp_path)
    yield process
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_a_doorbell_and_a_lost_doorbell_both_end_in_a_verdict(
    runner: subprocess.Popen[bytes], site: FakeSite, tmp_path: Path
) -> None:
    site.add_job(FILES, HONEST)
    assert site.wait_for_verdicts(1)[0].report.verdict is Verdict.PASSED  # nobody rang: found while idle

    job = site.add_job(FILES, "def double(x):\n    return 3 * x\n")
    bell = Celery(set_as_current=False)
    bell.conf.update(broker_settings(f"filesystem://{tmp_path}/broker"))
    bell.send_task(RING_TASK, args=[job.id], queue=RING_QUEUE, ignore_result=True)
    bell.close()

    report = site.wait_for_verdicts(2)[1].report
    assert report.verdict is Verdict.FAILED
    assert report.checks[0].details["misconception"]["id"] == "thrice"
    assert runner.poll() is None
