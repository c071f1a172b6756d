"""docs/settings.md names every variable that the settings read, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNNER_ONLY = {"RUNNER_NAME", "RUNNER_CACHE_DIR", "MIN_LEVEL"}


def read_by_the_settings() -> set[str]:
    source = (ROOT / "platform/residual/settings.py").read_text()
    return set(re.findall(r'(?:env_\w+|_secret)\(\s*"([A-Z_]+)"', source))


def documented() -> set[str]:
    text = (ROOT / "docs/settings.md").read_text()
    return {name for cell in re.findall(r"^\| (`[^|]+) \|", text, re.M) for name in re.findall(r"`([A-Z_]+)`", cell)}


def test_every_setting_is_documented() -> None:
    assert read_by_the_settings() - documented() == set()


def test_no_setting_is_documented_that_is_not_read() -> None:
    assert documented() - read_by_the_settings() - RUNNER_ONLY == set()
