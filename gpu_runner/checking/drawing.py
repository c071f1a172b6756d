"""Fresh inputs from one seed, with a note of how each was drawn, so that a learner can draw them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Drawn:
    """One tensor: the code that makes it from the generator `draw`, and what its axes are called."""

    tensor: Tensor
    code: str
    axes: str
    version: int  # of the tensor when it was drawn: a change in place raises it

    @property
    def untouched(self) -> bool:
        return self.tensor._version == self.version


@dataclass(slots=True)
class Draws:
    """The generator of one check and everything that came out of it, in order."""

    seed: int
    made: list[Drawn] = field(default_factory=list)
    _generator: torch.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._generator = torch.Generator().manual_seed(self.seed)

    def normal(self, shape: tuple[int, ...], axes: str = "", scale: float = 1.0) -> Tensor:
        """Standard normal float32 times `scale`."""
        code = f"torch.randn({shape}, generator=draw)" + (f" * {scale!r}" if scale != 1.0 else "")
        return self._keep(torch.randn(shape, generator=self._generator) * scale, code, axes)

    def uniform(self, shape: tuple[int, ...], axes: str, low: float, high: float) -> Tensor:
        """Uniform float32 in [low, high)."""
        code = f"torch.rand({shape}, generator=draw)"
        code = code if (low, high) == (0.0, 1.0) else f"{low!r} + ({high!r} - {low!r}) * {code}"
        return self._keep(low + (high - low) * torch.rand(shape, generator=self._generator), code, axes)

    def integers(self, shape: tuple[int, ...], axes: str, low: int, high: int) -> Tensor:
        """Uniform int64 in [low, high)."""
        code = f"torch.randint({low}, {high}, {shape}, generator=draw)"
        return self._keep(torch.randint(low, high, shape, generator=self._generator), code, axes)

    def _keep(self, tensor: Tensor, code: str, axes: str) -> Tensor:
        self.made.append(Drawn(tensor, code, axes, tensor._version))
        return tensor
