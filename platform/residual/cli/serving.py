"""Preparing and running the processes of a one-machine installation."""

from __future__ import annotations

import signal
import time
import urllib.request
from datetime import UTC, datetime
from types import FrameType
from urllib.error import URLError

import click
from django.core.management import call_command

from labs.models import Runner
from residual.cli.children import children
from residual.cli.processes import POLL_S, Group

READY_WITHIN_S = 90


def prepare() -> None:
    """Bring database, content and static files up to date. Each is quick when nothing changed."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("sync_content", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def serve(host: str, port: int) -> None:
    """Run the children until asked to stop; print one line once everything is ready."""
    group = Group(children(host, port), say=_say)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: _ask_to_stop(group, _frame))
    began = datetime.now(UTC)
    group.start()
    try:
        if _wait_until_ready(group, host, port, began):
            click.echo(_welcome(host, port, _runner_since(began)))
        group.watch()
    finally:
        group.stop()
        click.echo("Residual has stopped.")


def _ask_to_stop(group: Group, _frame: FrameType | None) -> None:
    group.stopping = True


def _wait_until_ready(group: Group, host: str, port: int, began: datetime) -> bool:
    """True once pages are served and a runner has reported; False when asked to stop. Says what hangs after a while."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not group.stopping:
        if _web_answers(host, port) and _runner_since(began):
            return True
        if time.monotonic() > deadline:
            _explain_delay(group)
            return False
        group.tend(time.monotonic())
        time.sleep(POLL_S)
    return False


def _web_answers(host: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False  # not yet: asked again in a moment


def _runner_since(began: datetime) -> Runner | None:
    return Runner.objects.filter(seen_at__gte=began).order_by("-seen_at").first()


def _explain_delay(group: Group) -> None:
    _say(f"Residual is not ready after {READY_WITHIN_S} s. What its parts said last:")
    for child in group.children:
        _say(f"--- {child.name} ({child.log})\n{child.last_words()}")


def _welcome(host: str, port: int, runner: Runner | None) -> str:
    level = runner.level if runner else "unknown"
    hint = "" if level == "full" else " (`residual doctor` says what would raise it)"
    address = f"http://{host}:{port}"
    return f"Residual is at {address} - sign up there with any e-mail. Sandbox: {level}{hint}. Stop with Ctrl-C."


def _say(text: str) -> None:
    click.echo(text, err=True)
