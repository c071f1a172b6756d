"""The `residual` command."""

from __future__ import annotations

import click

from residual.cli.lab import doctor, lab
from residual.cli.manage import demo, manage, runner_token
from residual.cli.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="residual-learning", prog_name="residual")
def cli() -> None:
    """Residual: learn modern deep learning by doing it and keeping it."""


for command in (run, lab, doctor, demo, runner_token, manage):
    cli.add_command(command)
