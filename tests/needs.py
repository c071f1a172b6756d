"""What a test needs and a machine may lack: required in CI, a visible skip on a person's machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """End the test because `what` is missing here: an error in CI (CI=true), a skip with its reason elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)
