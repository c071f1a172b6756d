"""A whole Residual for a test: `residual run` with its own data folder and port, as a person would start it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 120
ENDS_WITHIN_S = 30


@dataclass
class RunningSite:
    """Where it is, what it said, and the process to signal."""

    url: str
    data_dir: Path
    process: subprocess.Popen[str]
    said: str = ""

    def logs(self) -> str:
        """Everything its children wrote, for a failing test's report."""
        return "\n".join(f"--- {log.name}\n{log.read_text()[-4000:]}" for log in (self.data_dir / "logs").glob("*.log"))

    def stop(self) -> int:
        """Ctrl-C, as a person does it; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=ENDS_WITHIN_S)


@contextmanager
def running_site(
    data_dir: Path, environment: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> Iterator[RunningSite]:
    """Start a site (with the command `prefix` in front) and wait for its one line; stop it at the end."""
    port = free_port()
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "residual.cli", "run"],
        env={**own, "PORT": str(port), "DATA_DIR": str(data_dir), "LOG_LEVEL": "INFO", **(environment or {})},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    site = RunningSite(f"http://127.0.0.1:{port}", data_dir, process)
    try:
        site.said = _wait_for_line(site)
        yield site
    finally:
        if process.poll() is None:
            site.stop()
        if process.stdout:
            process.stdout.close()


def _wait_for_line(site: RunningSite) -> str:
    """The line that says where Residual is; a test failure with the logs where it doesn't come."""
    impatience = threading.Timer(READY_WITHIN_S, site.process.kill)
    impatience.start()
    assert site.process.stdout
    heard = ""
    try:
        for line in site.process.stdout:
            heard += line
            if "Residual is at" in line:
                return line
    finally:
        impatience.cancel()
    raise AssertionError(f"residual run ended without being ready. It said:\n{heard}\n{site.logs()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
