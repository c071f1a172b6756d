"""Tests that share a running site or a zygote are run by one worker: the site is started once, and not per worker."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("grouped")
def test_a_group_of_tests_has_one_worker(request: pytest.FixtureRequest) -> None:
    """Said by the suffix that xdist schedules by. With pytest 9.2 it is lost without a word (pytest-xdist #1386)."""
    if "PYTEST_XDIST_WORKER" in os.environ and request.config.getvalue("loadgroup"):
        assert request.node.nodeid.endswith("@grouped")
