"""`residual manage …`, `residual demo`, `residual runner-token`: Django's commands without a checkout."""

from __future__ import annotations

import os

import click

_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run one of Django's management commands, such as `residual manage migrate`."""
    run_django("residual manage", *arguments)


@click.command(context_settings={**_PASS_ON, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> None:
    """Make a demo learner with months of made-up history, clearly marked; --remove forgets it."""
    run_django("residual", "demo", *arguments)


@click.command(context_settings={**_PASS_ON, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def runner_token(arguments: tuple[str, ...]) -> None:
    """Make a token for a runner, or list and take back those there are: `residual runner-token NAME`."""
    run_django("residual", "runner_token", *arguments)


def run_django(program: str, *arguments: str) -> None:
    """Run a management command; `program` is what its messages call it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "residual.settings")
    from django.core.management import execute_from_command_line  # Django reads the settings when it is imported

    execute_from_command_line([program, *arguments])
