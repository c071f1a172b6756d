"""Residual runs for an ordinary user whose home nobody else may enter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.running import ROOT, running_site

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("ordinary user")]

SOMEBODY = 54321
HELPER = Path(__file__).with_name("as_somebody_else.py")
REFERENCE = ROOT / "labs/catalog/scaled-dot-product-attention/solution.py"

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become somebody else; here you are ordinary already"
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A 0700 home of somebody's, on a path that everybody may walk."""
    folder = Path("/var/tmp") / f"residual-home-{os.getpid()}"  # pytest's own folders are closed to others
    folder.mkdir(mode=0o700)
    os.chown(folder, SOMEBODY, SOMEBODY)
    yield folder
    shutil.rmtree(folder)


def become_somebody(home: Path) -> list[str]:
    """The command prefix that makes the rest run as an ordinary user."""
    reachable = {str(ROOT), sys.prefix, sys.base_prefix}
    unshare = ["unshare", "--mount", "--propagation", "private", sys.executable, str(HELPER)]
    return [*unshare, str(SOMEBODY), str(home), *sorted(reachable), "--"]


@needs_root
def test_the_site_starts_names_the_level_and_ends_on_ctrl_c_without_a_trace(home: Path) -> None:
    with running_site(home / "data", prefix=become_somebody(home)) as site:
        assert "Sandbox: namespaces" in site.said or "Sandbox: full" in site.said
        with urllib.request.urlopen(site.url, timeout=10) as answer:
            assert answer.status == 200
        everyone = psutil.Process(site.process.pid).children(recursive=True)
        assert len(everyone) >= 3
        assert site.stop() == 0
        gone, alive = psutil.wait_procs(everyone, timeout=20)
        assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
        assert gone or alive


@needs_root
def test_a_lab_is_judged_in_the_sandbox(home: Path) -> None:
    lab = [sys.executable, "-m", "residual.cli", "lab", "test", "scaled-dot-product-attention", str(REFERENCE)]
    result = subprocess.run(
        [*become_somebody(home), *lab], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
