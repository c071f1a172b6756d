"""Secrets of a one-machine installation: made once under DATA_DIR/secrets, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def local_secret(data_dir: Path, name: str) -> str:
    """The secret `name`, made on first use. Safe when several processes start at once: the first writer wins."""
    path = data_dir / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, value: str) -> None:
    """Write a temporary file and link it into place, so that no reader ever sees half a secret."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(value, encoding="ascii")
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first; its secret is the secret
    finally:
        temporary.unlink()
