"""Memory files (memfd): how large values cross between processes without a copy through a pipe."""

from __future__ import annotations

import fcntl
import os
from typing import Final

F_ADD_SEALS: Final = 1033
F_SEAL_SEAL: Final = 0x1
F_SEAL_SHRINK: Final = 0x2
F_SEAL_GROW: Final = 0x4
F_SEAL_WRITE: Final = 0x8


def create(name: str) -> int:
    """An empty memory file that accepts seals."""
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def seal(fd: int) -> None:
    """Freeze a memory file: from now on nobody can change it."""
    fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)


def sealed(data: bytes) -> int:
    """A frozen memory file holding `data`."""
    fd = create("message")
    write_all(fd, data)
    seal(fd)
    return fd


def capped(size: int) -> int:
    """A memory file of `size` bytes (sparse) that can be written and cut short, but never grow."""
    fd = create("result")
    os.ftruncate(fd, size)
    fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL)
    return fd


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write everything at the current position."""
    view = memoryview(data)
    while view.nbytes:
        view = view[os.write(fd, view) :]
