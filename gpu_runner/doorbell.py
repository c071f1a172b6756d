"""Kombu's file system transport without its sharp edge: a message file that was read half-written crashes a worker."""

from __future__ import annotations

from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES, filesystem

ALIAS: Final = "gpu_runner.doorbell:Transport"


class Channel(filesystem.Channel):
    """Skips what cannot be read: a lost doorbell is made good by the next claim."""

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        del timeout  # the file system never waits
        while True:
            try:
                return super()._get(queue)  # type: ignore[no-untyped-call]  # kombu annotates only in part
            except ValueError:
                continue  # the damaged file is gone already; look at the next one


class Transport(filesystem.Transport):
    """The file system transport with the channel above."""

    Channel = Channel


def install() -> None:
    """Let `filesystem://` mean the transport above in this process."""
    TRANSPORT_ALIASES["filesystem"] = ALIAS
