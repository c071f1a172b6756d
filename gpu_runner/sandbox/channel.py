"""JSON messages with file descriptors over a unix SEQPACKET socket."""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import dataclass, field
from typing import Any, Final

from gpu_runner.sandbox import memory

INLINE_BYTES: Final = 32 * 1024
MAX_FDS: Final = 8
DONE: Final = b"v"  # what a child writes into its last pipe when its answer is a value and is complete
_CREDENTIALS: Final = struct.Struct("3i")


class ClosedError(ConnectionError):
    """The other side is gone."""


@dataclass(slots=True)
class Received:
    """A message with the descriptors that came along and, where asked for, the sender's pid as seen from here."""

    body: dict[str, Any]
    fds: list[int] = field(default_factory=list)
    pid: int = 0

    def close(self) -> None:
        for fd in self.fds:
            os.close(fd)
        self.fds.clear()


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends; the first learns the pids of those who write to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def send(sock: socket.socket, body: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
    """Send one message; a long one travels as a memory file in front of `fds`."""
    text = json.dumps(body).encode()
    try:
        if len(text) <= INLINE_BYTES:
            socket.send_fds(sock, [b"i" + text], list(fds))
            return
        spill = memory.sealed(text)
        try:
            socket.send_fds(sock, [b"m"], [spill, *fds])
        finally:
            os.close(spill)
    except (BrokenPipeError, ConnectionResetError) as gone:
        raise ClosedError("the other side of the channel is gone") from gone


def receive(sock: socket.socket) -> Received:
    """Wait for one message. Raises ClosedError at the end of the stream and TimeoutError as the socket says."""
    space = socket.CMSG_SPACE(MAX_FDS * 4) + socket.CMSG_SPACE(_CREDENTIALS.size)
    try:
        data, ancillary, _flags, _address = sock.recvmsg(INLINE_BYTES + 1, space)
    except ConnectionResetError as gone:
        raise ClosedError("the other side of the channel is gone") from gone
    message = Received({})
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            usable = len(payload) - len(payload) % 4
            message.fds.extend(fd for (fd,) in struct.iter_unpack("i", payload[:usable]))
        elif level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            message.pid = _CREDENTIALS.unpack(payload[: _CREDENTIALS.size])[0]
    if not data:
        message.close()
        raise ClosedError("the other side closed the channel")
    message.body = json.loads(_text(data, message))
    return message


def _text(data: bytes, message: Received) -> bytes:
    if data[:1] == b"i":
        return data[1:]
    spill = message.fds.pop(0)
    try:
        return os.pread(spill, os.fstat(spill).st_size, 0)
    finally:
        os.close(spill)
