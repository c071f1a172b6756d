"""A card that is not there, and a driver that tells of it what a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gpu_runner.gpu.cards import Card
from gpu_runner.gpu.lane import GpuLane

CARD = Card("GPU-0000", "Imaginary 1", 8192, ("/dev/tty",))  # a device file that no root has by itself


@dataclass
class FakeDriver:
    """`readings` are told one after the other, the last one from then on."""

    readings: list[float] = field(default_factory=lambda: [100.0])
    pids: list[int] = field(default_factory=list)
    known: list[Card] = field(default_factory=lambda: [CARD])

    def cards(self) -> list[Card]:
        return self.known

    def used_mb(self, card: Card) -> float:
        assert card in self.known
        return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]

    def processes(self, card: Card) -> list[int]:
        assert card in self.known
        return self.pids


class LaneWithoutCuda(GpuLane):
    """Everything but CUDA itself, which this machine lacks."""

    def share(self) -> float:
        return 0.0


def lane_of(driver: FakeDriver, folder: Path, *, cuda: bool = True) -> GpuLane:
    kind = GpuLane if cuda else LaneWithoutCuda
    return kind(driver.known[0], driver, folder / "locks", leaving_s=0.3)
