"""Health for machines at /healthz and for people at /status/."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from labs.models import Runner
from residual.celery import app
from residual.pages import health

pytestmark = pytest.mark.django_db


def make_runner(silent_for: timedelta = timedelta(0), level: str = "full") -> Runner:
    return Runner.objects.create(name="one", level=level, lanes=["check"], seen_at=timezone.now() - silent_for)


def test_healthz_says_the_site_is_up(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"database": "up"})
    assert "no-store" in response.headers["Cache-Control"]


def test_healthz_fails_when_the_database_does(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", broken)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"database": "down"})


@pytest.mark.parametrize(
    ("level", "words"),
    [("full", "Sandbox level full"), ("namespaces", "level namespaces"), ("unsafe-local", "unsafe-local")],
)
def test_the_status_page_names_the_sandbox_level_in_force(client: Client, level: str, words: str) -> None:
    make_runner(level=level)
    assert words in client.get("/status/").content.decode()


def test_a_site_without_a_runner_says_what_to_do(client: Client) -> None:
    assert "No runner has come by yet" in client.get("/status/").content.decode()


def test_a_runner_that_fell_silent_is_noticed() -> None:
    make_runner(silent_for=timedelta(hours=1))
    assert health.runner().state == "silent"


def test_a_broker_that_answers_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", "memory://")
    assert health.broker().works


def test_a_broker_that_does_not_answer_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:9/0")
    found = health.broker()
    assert not found.works
    assert "BROKER_URL" in found.words
