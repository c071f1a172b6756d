"""What must hold before Residual starts, each with words for the person who has to mend it."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

FREE_MB_WANTED = 200


class NotReady(click.ClickException):
    """Residual can't start; the message says why and what to do."""


def check_port(host: str, port: int) -> None:
    """Raise NotReady where another program listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotReady(_port_words(port, error)) from None


def _port_words(port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Port {port} needs root. Choose one above 1023: make run PORT=8000"
    return (
        f"Port {port} is taken by another program. Choose another: make run PORT={port + 1 if port < 65535 else 8000}"
    )


def check_data_dir(folder: Path) -> None:
    """Make `folder` if need be; raise NotReady where it can't be written or the disk is full."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotReady(
            f"DATA_DIR {folder} can't be made ({error.strerror}). Choose another: make run DATA_DIR=…"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotReady(f"DATA_DIR {folder} can't be written by you. Choose another: make run DATA_DIR=…")
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < FREE_MB_WANTED:
        raise NotReady(f"Only {free_mb} MB are free where DATA_DIR is ({folder}); Residual wants {FREE_MB_WANTED}.")


@contextmanager
def sole_owner(folder: Path) -> Iterator[None]:
    """Hold DATA_DIR's lock: two Residuals on one database would fight over its jobs."""
    with (folder / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotReady(
                f"Residual already runs on {folder}. Stop it first, or give this one its own: make run DATA_DIR=…"
            ) from None
        yield
