"""Named axes: sizes drawn once per check, pairwise distinct, so that swapped axes cannot hide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

SMALLEST: Final = 2
LARGEST: Final = 11


@dataclass(slots=True)
class Axes:
    """The axis sizes of one check."""

    random: random.Random
    sizes: dict[str, int] = field(default_factory=dict)

    def fix(self, **sizes: int) -> None:
        """Choose sizes instead of drawing them. Raises ValueError for an axis already drawn otherwise."""
        for name, size in sizes.items():
            if self.sizes.setdefault(name, size) != size:
                raise ValueError(f"axis {name} already has size {self.sizes[name]}")

    def size(self, name: str, low: int = SMALLEST, high: int = LARGEST) -> int:
        """The size of an axis, drawn now if need be: different from every other axis of the check."""
        if name.isdigit():
            return int(name)
        if name not in self.sizes:
            free = [n for n in range(low, high + 1) if n not in self.sizes.values()]
            if not free:
                raise ValueError(f"no size between {low} and {high} is left for axis {name}; widen its range")
            self.sizes[name] = self.random.choice(free)
        return self.sizes[name]

    def shape(self, axes: str, **ranges: tuple[int, int]) -> tuple[int, ...]:
        """`"B T D"` as sizes."""
        return tuple(self.size(name, *ranges.get(name, ())) for name in axes.split())


def named(axes: str, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """Axis names beside their sizes, for reports."""
    names = axes.split()
    return [{"name": names[i] if i < len(names) else "?", "size": size} for i, size in enumerate(shape)]


def spell(axes: str, shape: tuple[int, ...]) -> str:
    """`(B=2, T=5)` for messages; plain sizes when the number of axes differs from the names."""
    names = axes.split()
    if len(names) != len(shape):
        return "(" + ", ".join(str(size) for size in shape) + ")"
    return "(" + ", ".join(f"{n}={s}" if not n.isdigit() else str(s) for n, s in zip(names, shape, strict=True)) + ")"
