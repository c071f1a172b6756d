"""`residual run`: the whole of Residual on one machine, in one terminal."""

from __future__ import annotations

import os
from pathlib import Path

import click

from residual.cli.preflight import NotReady, check_data_dir, check_port, sole_owner


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def run(host: str) -> None:
    """Start the site, its worker and the runner here, and keep them alive until Ctrl-C."""
    data_dir, port = _configure()
    check_data_dir(data_dir)
    with sole_owner(data_dir):
        check_port(host, port)
        from residual.cli.serving import prepare, serve  # these import models: Django must be set up by now

        prepare()
        serve(host, port)


def _configure() -> tuple[Path, int]:
    """Set Django up and return DATA_DIR and PORT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "residual.settings")
    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise NotReady(str(error)) from None
    return settings.DATA_DIR, settings.PORT
