"""`residual run` as a person uses it: one line, three processes, restarts, and a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from tests.e2e.running import ROOT, RunningSite

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def child_running(site: RunningSite, word: str) -> psutil.Process | None:
    """The site's own child whose command line holds `word`; a killed one that nobody has noticed yet is no child."""
    for child in psutil.Process(site.process.pid).children():
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if word in " ".join(child.cmdline()):
                return child
    return None


def test_one_line_says_where_it_is_how_to_sign_in_and_how_safe_it_is(site: RunningSite) -> None:
    assert site.url in site.said
    assert "sign up there" in site.said
    assert "Sandbox: " in site.said


def test_pages_are_served(site: RunningSite) -> None:
    with urllib.request.urlopen(site.url, timeout=10) as answer:
        assert answer.status == 200


def test_a_second_residual_on_the_same_data_is_refused_with_words(site: RunningSite) -> None:
    environment = {**os.environ, "DATA_DIR": str(site.data_dir), "PORT": "1"}
    command = [sys.executable, "-m", "residual.cli", "run"]
    second = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert "already runs" in second.stderr


@pytest.mark.parametrize("word", ["uvicorn", "residual worker", "gpu_runner.celery"])
def test_a_child_that_is_killed_comes_back(site: RunningSite, word: str) -> None:
    before = child_running(site, word)
    assert before
    before.send_signal(signal.SIGKILL)
    wait_for(lambda: (after := child_running(site, word)) is not None and after.pid != before.pid)
    wait_for(lambda: _answers(site.url))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
