"""The three processes of a one-machine installation, and what each may know."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from residual.cli.processes import Child

PASSED_TO_RUNNER = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "PYTHONPATH",
    "RUNNER_PRELOAD",
    "RUNNER_LANES",
    "RUNNER_GPU",
)
_CELERY = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
GRACE_S = "3"  # open event streams are cut after this; browsers reconnect by themselves


def children(host: str, port: int) -> list[Child]:
    """Web server, site worker and runner, not yet started."""
    python, logs = sys.executable, settings.DATA_DIR / "logs"
    site = {**os.environ, **_site_environment(port)}
    web = [python, "-m", "uvicorn", "residual.asgi:application", "--host", host, "--port", str(port)]
    web += ["--lifespan", "off", "--no-access-log", "--timeout-graceful-shutdown", GRACE_S]
    worker = [python, "-m", "celery", "-A", "residual", "worker", "--pool", "threads", "--concurrency", "2", "--beat"]
    worker += [
        "--queues",
        "site",
        "--hostname",
        "site@%h",
        "--loglevel",
        "WARNING",
        "--without-gossip",
        "--without-mingle",
    ]
    return [
        Child("web server", web, site, logs / "web.log"),
        Child("site worker", worker, site, logs / "worker.log"),
        Child("runner", [*_delegated(), *_runner(python)], _runner_environment(), logs / "runner.log", ends_first=True),
    ]


def _runner(python: str) -> list[str]:
    runner = [python, "-m", "celery", "-A", "gpu_runner.celery", "worker", "--pool", "threads", "--concurrency", "2"]
    return [*runner, "--hostname", "runner@%h", *_CELERY]


def _site_environment(port: int) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "residual.settings",
        "DATA_DIR": str(settings.DATA_DIR),
        "PORT": str(port),
        "SITE_URL": settings.SITE_URL,
    }


def _runner_environment() -> dict[str, str]:
    """The runner gets its token, its broker and its folders: no database, no SECRET_KEY, nothing else of ours."""
    own = {name: os.environ[name] for name in PASSED_TO_RUNNER if name in os.environ}
    return {
        **own,
        "SITE_URL": settings.SITE_URL,
        "RUNNER_TOKEN": settings.RUNNER_TOKEN,
        "RUNNER_BROKER_URL": settings.RUNNER_BROKER_URL,
        "RUNNER_NAME": "this-machine",
        "RUNNER_CACHE_DIR": str(_made(settings.DATA_DIR / "runner")),
        "MIN_LEVEL": settings.MIN_SANDBOX_LEVEL,
    }


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _delegated() -> list[str]:
    """As an ordinary user under systemd: a scope of our own, whose cgroup we may divide. Otherwise nothing."""
    if os.geteuid() == 0 or not shutil.which("systemd-run"):
        return []
    scope = ["systemd-run", "--user", "--scope", "--quiet", "-p", "Delegate=yes", "--"]
    works = subprocess.run([*scope, "true"], check=False, capture_output=True, timeout=10).returncode == 0
    return scope if works else []
