"""`residual lab …` and `residual doctor`: the runner's own commands, in a process of the runner's.

The site never imports torch, so these hand over to `python -m gpu_runner.lab` and keep its exit code: 0 passed,
1 not passed, 2 usage, 3 infrastructure.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from residual.cli.manage import run_django

INFRASTRUCTURE = 3
_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


@click.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def lab(arguments: tuple[str, ...]) -> None:
    """Test a submission, verify labs or make one: `residual lab test SLUG FILE`, `verify [SLUG]`, `new SLUG`."""
    sys.exit(_hand_over(arguments, "residual lab"))


@click.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def doctor(arguments: tuple[str, ...]) -> None:
    """Say which sandbox level this machine gives, what is missing, and what raises it; `--fix` does it.

    On the site's machine also: what no runner has that waiting submissions need.
    """
    code = _hand_over(("doctor", *arguments), "residual")
    if not arguments:
        run_django("residual", "waiting")
    sys.exit(code)


def _hand_over(arguments: tuple[str, ...], command_name: str) -> int:
    """Let the runner do it; its exit code."""
    if not _runner_is_here():
        click.echo("The runner is not installed here. Install it: pip install residual-gpu-runner[judge]", err=True)
        return INFRASTRUCTURE
    environment = {**os.environ, "LAB_COMMAND": command_name}
    if catalog := _catalog():
        environment["LAB_CATALOGUE"] = str(catalog)
    command = [sys.executable, "-m", "gpu_runner.lab", *arguments]
    child = subprocess.Popen(command, env=environment)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child too, which clears up and says so
    try:
        code = child.wait()
        return code if code >= 0 else 128 - code  # a signal's number, as shells say it
    finally:
        signal.signal(signal.SIGINT, before)


def _runner_is_here() -> bool:
    """A site's own host may hold the runner's protocol without what judging needs."""
    return find_spec("gpu_runner") is not None and find_spec("torch") is not None


def _catalog() -> Path | None:
    """The folder of labs that the installed `labs` package brings, if there is one."""
    spec = find_spec("labs")
    folder = Path(spec.origin).parent / "catalog" if spec and spec.origin else None
    return folder if folder and folder.is_dir() else None
