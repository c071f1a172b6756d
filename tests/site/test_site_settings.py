"""The two modes of the settings, each tried in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = {
    "RESIDUAL_MODE": "site",
    "SECRET_KEY": "x" * 60,
    "RUNNER_TOKEN": "y" * 40,
    "ALLOWED_HOSTS": "learn.example",
    "SITE_URL": "https://learn.example",
}


def show(expression: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Print `expression`, evaluated on the settings that `environment` gives."""
    code = f"from residual import settings; print({expression})"
    own = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**own, **environment}, capture_output=True, text=True, check=False)


def test_a_laptop_needs_no_settings_at_all(tmp_path: Path) -> None:
    result = show("settings.DATABASES['default']['ENGINE'], settings.HTTPS", tmp_path)
    assert "sqlite3" in result.stdout
    assert "False" in result.stdout


def test_a_laptops_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first, second = show("settings.SECRET_KEY", tmp_path), show("settings.SECRET_KEY", tmp_path)
    assert len(first.stdout) > 40
    assert first.stdout == second.stdout
    assert (tmp_path / "secrets" / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", ["SECRET_KEY", "RUNNER_TOKEN", "ALLOWED_HOSTS"])
def test_a_site_refuses_to_start_without_what_it_needs_and_names_it(tmp_path: Path, missing: str) -> None:
    environment = {name: value for name, value in SITE.items() if name != missing}
    result = show("1", tmp_path, **environment)
    assert result.returncode != 0
    assert missing in result.stderr.splitlines()[-1]


def test_a_site_is_served_over_https_and_demands_the_full_sandbox(tmp_path: Path) -> None:
    result = show(
        "settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, settings.MIN_SANDBOX_LEVEL", tmp_path, **SITE
    )
    assert result.stdout.strip() == "True True full"


def test_a_site_cannot_lower_the_sandbox(tmp_path: Path) -> None:
    result = show("1", tmp_path, **SITE, MIN_SANDBOX_LEVEL="namespaces")
    assert result.returncode != 0
    assert "MIN_SANDBOX_LEVEL" in result.stderr.splitlines()[-1]


def test_postgresql_and_redis_are_chosen_by_their_addresses(tmp_path: Path) -> None:
    urls = {
        "DATABASE_URL": "postgres://u@db/residual",
        "BROKER_URL": "redis://broker/0",
        "CACHE_URL": "redis://broker/2",
    }
    expression = (
        "settings.DATABASES['default']['ENGINE'], settings.CELERY_BROKER_URL, settings.CACHES['default']['BACKEND']"
    )
    result = show(expression, tmp_path, **urls)
    assert "postgresql" in result.stdout
    assert "redis://broker/0" in result.stdout
    assert "RedisCache" in result.stdout
