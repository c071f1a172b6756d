"""`residual manage …`: Django's own commands for an installation without a checkout."""

from __future__ import annotations

import os

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run one of Django's management commands, such as `residual manage migrate`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "residual.settings")
    from django.core.management import execute_from_command_line  # Django reads the settings when it is imported

    execute_from_command_line(["residual manage", *arguments])
