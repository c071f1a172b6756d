"""The cards of this machine, as NVIDIA's driver tells. No CUDA here: a context of ours would hold memory."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

MB = 2**20
SHARED_NODES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")


class NoCardError(RuntimeError):
    """There is no card to be used here; the message says why, and what would change it."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `nodes` are the device files through which it, and no other, is reached."""

    uuid: str
    name: str
    total_mb: int
    nodes: tuple[str, ...]


class Driver(Protocol):
    """What is asked of NVML; the tests have one of their own."""

    def cards(self) -> list[Card]: ...
    def used_mb(self, card: Card) -> float: ...
    def processes(self, card: Card) -> list[int]: ...


class Nvml:
    """NVIDIA's management library, through `nvidia-ml-py`. Raises NoCardError where it, or a driver, is missing."""

    def __init__(self) -> None:
        try:
            import pynvml  # noqa: PLC0415 - an extra of its own: most runners have no card
        except ImportError as error:
            raise NoCardError("nvidia-ml-py is not installed: pip install residual-gpu-runner[judge,gpu]") from error
        self._library: Any = pynvml
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError as error:
            raise NoCardError(f"NVIDIA's driver does not answer: {error}") from error

    def cards(self) -> list[Card]:
        return [self._card(index) for index in range(self._library.nvmlDeviceGetCount())]

    def used_mb(self, card: Card) -> float:
        return float(self._library.nvmlDeviceGetMemoryInfo(self._handle(card)).used) / MB

    def processes(self, card: Card) -> list[int]:
        """Ids as the driver sees them: inside a container they may be of the host, or missing."""
        return [int(one.pid) for one in self._library.nvmlDeviceGetComputeRunningProcesses(self._handle(card))]

    def _card(self, index: int) -> Card:
        handle = self._library.nvmlDeviceGetHandleByIndex(index)
        with contextlib.suppress(self._library.NVMLError):  # older cards know no MIG
            if self._library.nvmlDeviceGetMigMode(handle)[0]:
                raise NoCardError(f"card {index} is divided (MIG), which this version does not serve")
        minor = self._library.nvmlDeviceGetMinorNumber(handle)
        nodes = [*SHARED_NODES, f"/dev/nvidia{minor}"]
        return Card(
            uuid=str(self._library.nvmlDeviceGetUUID(handle)),
            name=str(self._library.nvmlDeviceGetName(handle)),
            total_mb=int(self._library.nvmlDeviceGetMemoryInfo(handle).total) // MB,
            nodes=tuple(node for node in nodes if Path(node).exists()),
        )

    def _handle(self, card: Card) -> Any:
        return self._library.nvmlDeviceGetHandleByUUID(card.uuid)
