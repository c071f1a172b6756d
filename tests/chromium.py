"""Chromium for the browser tests: found, or installed from Debian (as root) or by Playwright.

`python -m tests.chromium` makes sure there is one.
It prints what it found, or why none can be had: an error in CI (CI=true) and a visible skip elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

INSTALL_TIMEOUT_S = 600
FLAGS = [
    "--no-sandbox",  # tests run as root in CI, where Chromium's own sandbox refuses to start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> int:
    found = find() or install()
    if found:
        print(f"Browser tests use {found}")
        return 0
    print("No Chromium, and none could be installed: browser tests will be skipped.", file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0


def find() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome") or _playwrights_own()


def install() -> str | None:
    for command in _ways():
        print(f"Installing Chromium: {' '.join(command)}")
        result = subprocess.run(command, check=False, timeout=INSTALL_TIMEOUT_S, capture_output=True, text=True)
        if result.returncode != 0:
            print(result.stderr.strip()[-2000:], file=sys.stderr)
        if path := find():
            return path
    return None


def _ways() -> list[list[str]]:
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        debian = "apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core"
        ways.insert(0, ["sh", "-c", debian])
    return ways


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    sys.exit(main())
