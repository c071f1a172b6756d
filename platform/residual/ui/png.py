"""A PNG of raw pixels, for pictures so small that a library would be more than they."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES: Final = {1: 0, 3: 2}  # channels: grey, RGB


def png(width: int, height: int, channels: int, pixels: bytes) -> bytes:
    """Rows of `width` pixels of 1 (grey) or 3 (RGB) bytes. Raises ValueError where the size is another."""
    if channels not in COLOUR_TYPES or min(width, height) < 1 or len(pixels) != width * height * channels:
        raise ValueError(f"{len(pixels)} bytes are not {height} × {width} × {channels}")
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    stride = width * channels
    rows = b"".join(b"\0" + pixels[at : at + stride] for at in range(0, len(pixels), stride))  # filter 0: as they are
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def data_uri(image: bytes) -> str:
    """For `src`: the picture goes with the page, so whoever may see the page sees it and nobody else."""
    return f"data:image/png;base64,{base64.b64encode(image).decode()}"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
