"""A forward pass step by step, the learner's beside the reference's. It is *observed*, shown, and judges nothing.

The two need not be written alike, so their steps are aligned: in order, by equal shape and dtype, and rather where mean
and spread are the same too. What stays alone is one side's own way of doing it, or the step that is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gpu_runner.checking.pictures import Picture
from gpu_runner.checking.standard_probe import Steps, steps
from gpu_runner.checking.verdicts import erred

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

    import torch

    from gpu_runner.checking.context import Lab

CLOSE: Final = 1e-4
"""Relative to the spread: float32 in another order of sums moves mean and deviation by some 1e-6 of it."""
SAME, MOVED, DIFFERS, MINE, THEIRS = "same", "moved", "differs", "mine", "theirs"
Pair = tuple[str, "Step | None", "Step | None"]


@dataclass(frozen=True, slots=True)
class Step:
    """One tensor on the way: what made it, on which line of the file, and what it looks like."""

    name: str
    line: int
    shape: tuple[int, ...]
    dtype: str
    mean: float
    std: float
    order: float  # a mean weighted by place: it tells the same values in another order apart
    bytes: int

    def fits(self, other: Step) -> bool:
        return self.shape == other.shape and self.dtype == other.dtype

    def beside(self, other: Step) -> str:
        """How this step compares with one of the same form, as far as three means can tell."""
        scale = max(abs(other.mean), other.std, 1e-6) if math.isfinite(other.std) else 1.0
        pairs = ((self.mean, other.mean), (self.std, other.std), (self.order, other.order))
        mean, std, order = (
            a == b or abs(a - b) <= CLOSE * scale or (math.isnan(a) and math.isnan(b)) for a, b in pairs
        )
        return DIFFERS if not (mean and std) else SAME if order else MOVED


def show_steps(
    lab: Lab,
    entry: str,
    reference: ModuleType,
    *,
    on: tuple[Any, ...],
    config: dict[str, Any],
    weights: dict[str, torch.Tensor],
    names: Mapping[str, int] | None = None,
) -> None:
    """Run `entry` of the learner and of `reference` on the same inputs and weights, and show both ways step by step.

    `names` adds names of sizes that are no drawn axes, `{"D/H": 9}`.
    """
    # Where the reference's steps stand in its file is nobody's business before a pass.
    theirs = [_read({**row, "line": 0}) for row in steps(reference, entry, on, config, weights)]
    seen = lab.observe_steps(entry, on, config, weights).value
    if not isinstance(seen, list):
        raise erred("The steps of your forward pass could not be read.")
    mine = [_read(row) for row in seen[: Steps.MOST]]
    lab.show(_picture(align(mine, theirs), _by_size({**lab.axes.sizes, **(names or {})})))


def align(mine: Sequence[Step], theirs: Sequence[Step]) -> list[Pair]:
    """The best alignment in order: equal steps count three, other steps of the same form less, and a gap nothing."""
    best = [[0] * (len(theirs) + 1) for _ in range(len(mine) + 1)]
    for i in reversed(range(len(mine))):
        for j in reversed(range(len(theirs))):
            both = best[i + 1][j + 1] + _worth(mine[i], theirs[j]) if mine[i].fits(theirs[j]) else -1
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    return list(_walk(mine, theirs, best))


def first_divergence(pairs: Sequence[Pair]) -> int | None:
    """Where the two part for good; None where they end in the same values.

    That is the first pair that differs, or the step without a partner that led there.
    """
    if not pairs or pairs[-1][0] == SAME:
        return None
    last_same = max((at for at, pair in enumerate(pairs) if pair[0] == SAME), default=-1)
    at = next((at for at, pair in enumerate(pairs) if pair[0] in {MOVED, DIFFERS}), last_same + 1)
    while at > 0 and pairs[at - 1][0] != SAME:
        at -= 1
    return at


def _worth(one: Step, other: Step) -> int:
    return {SAME: 3, MOVED: 2, DIFFERS: 1}[one.beside(other)]


def _walk(mine: Sequence[Step], theirs: Sequence[Step], best: list[list[int]]) -> Iterator[Pair]:
    i = j = 0
    while i < len(mine) and j < len(theirs):
        fits = mine[i].fits(theirs[j])
        if fits and best[i][j] == best[i + 1][j + 1] + _worth(mine[i], theirs[j]):
            yield mine[i].beside(theirs[j]), mine[i], theirs[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i][j + 1]:
            yield THEIRS, None, theirs[j]
            j += 1
        else:
            yield MINE, mine[i], None
            i += 1
    yield from ((MINE, step, None) for step in mine[i:])
    yield from ((THEIRS, None, step) for step in theirs[j:])


def _picture(pairs: Sequence[Pair], sizes: Mapping[int, str]) -> Picture:
    rows = [{"mark": mark, "mine": _told(one, sizes), "theirs": _told(other, sizes)} for mark, one, other in pairs]
    return {"kind": "steps", "title": "Step by step", "rows": rows, "first": first_divergence(pairs)}


def _by_size(sizes: Mapping[str, int]) -> dict[int, str]:
    """The name of each size; two names of one size are both said."""
    return {size: " or ".join(name for name, other in sizes.items() if other == size) for size in sizes.values()}


def _told(step: Step | None, sizes: Mapping[int, str]) -> dict[str, Any] | None:
    if step is None:
        return None
    shape = [{"name": sizes.get(size, ""), "size": size} for size in step.shape]
    mean, std = (float(f"{value:.4g}") for value in (step.mean, step.std))
    told = {"name": step.name, "line": step.line, "shape": shape, "dtype": step.dtype}
    return told | {"mean": mean, "std": std, "bytes": step.bytes}


def _read(row: Any) -> Step:
    """One row of what a process says about itself. Raises Stopped for anything of another form."""
    try:
        shape = tuple(min(int(size), 10**9) for size in row["shape"][:8])
        name, dtype = str(row["name"])[:40], str(row["dtype"])[:20]
        mean, std, order = (float(row[key]) for key in ("mean", "std", "order"))
        return Step(name, int(row["line"]), shape, dtype, mean, std, order, min(int(row["bytes"]), 10**15))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise erred("The steps of your forward pass could not be read.") from error
