"""Loaded before Django's settings are read (`-p tests.early`): the tests get a DATA_DIR of their own, never yours."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def choose_data_dir() -> None:
    """Make a folder for this run; the workers of a parallel run inherit it."""
    folder = tempfile.mkdtemp(prefix="residual-test-")
    os.environ["DATA_DIR"] = folder
    os.environ["LOG_LEVEL"] = "ERROR"
    Path(folder, "static").mkdir()  # the static files' middleware warns where it is missing
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


if "PYTEST_XDIST_WORKER" not in os.environ:
    choose_data_dir()
