"""A runner that exists only as a token, and a doorbell that writes down whom it rang for."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from labs import dispatch
from tests.labs.fake_runner import TOKEN, FakeRunner


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """The ids that the doorbell was rung for."""
    heard: list[str] = []
    settings.RUNNER_TOKEN = TOKEN
    monkeypatch.setattr(dispatch, "ring", heard.append)
    return heard


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()
