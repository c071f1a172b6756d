"""A child's meter that also looks at the card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpu_runner.gpu.lane import GpuLane
    from gpu_runner.protocol import Limits
    from gpu_runner.supervisor.cgroups import Counts
    from gpu_runner.supervisor.meters import Meter


@dataclass(slots=True)
class GpuMeter:
    """Adds the card's memory to what another meter reads."""

    inner: Meter
    lane: GpuLane

    def attach(self, pid: int) -> None:
        self.inner.attach(pid)

    def limit(self, limits: Limits) -> None:
        self.inner.limit(limits)

    def begin(self) -> None:
        self.inner.begin()

    def read(self) -> Counts:
        counts = self.inner.read()
        if tenant := self.lane.sample():
            counts.gpu_mb, counts.gpu_peak_mb = tenant.now_mb, tenant.peak_mb
            counts.gpu_cap_mb, counts.gpu_over = tenant.cap_mb, tenant.over
        return counts

    def kill(self) -> None:
        self.inner.kill()

    def close(self) -> None:
        self.inner.close()
