"""`Lab`: everything that a check does, one line each."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from gpu_runner.checking.axes import Axes, named
from gpu_runner.checking.comparing import (
    Misconception,
    diagnosed,
    first_index,
    recognise,
    rounding_tolerance,
    to_double,
    wrong_form,
    wrong_values,
)
from gpu_runner.checking.policy import uses
from gpu_runner.checking.results import Observation
from gpu_runner.checking.verdicts import erred, failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpu_runner.checking.port import Port


@dataclass(slots=True)
class Lab:
    """The context of one check: fresh inputs, calls into the sandbox, comparisons."""

    port: Port
    seed: int = field(default_factory=lambda: secrets.randbits(63))
    random: random.Random = field(init=False)
    axes: Axes = field(init=False)
    _generator: torch.Generator = field(init=False)
    _drawn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - reproducible on purpose; the seed itself is unpredictable
        self.axes = Axes(self.random)
        self._generator = torch.Generator().manual_seed(self.seed)

    def fix(self, **sizes: int) -> None:
        """Choose axis sizes instead of drawing them."""
        self.axes.fix(**sizes)

    def size(self, name: str) -> int:
        """The size of an axis."""
        return self.axes.size(name)

    def dims(self, axes: str, **ranges: tuple[int, int]) -> tuple[int, ...]:
        """Draw sizes only; `D=(8, 16)` gives an axis an inclusive range."""
        return self.axes.shape(axes, **ranges)

    def normal(self, axes: str, *, count: int = 1, scale: float = 1.0) -> Any:
        """Standard normal float32 times `scale`: a tensor, or a tuple of `count` of them."""
        return self._draw(axes, count, lambda shape: torch.randn(shape, generator=self._generator) * scale)

    def uniform(self, axes: str, *, low: float = 0.0, high: float = 1.0, count: int = 1) -> Any:
        """Uniform float32 in [low, high)."""
        return self._draw(axes, count, lambda shape: low + (high - low) * torch.rand(shape, generator=self._generator))

    def integers(self, axes: str, *, low: int, high: int, count: int = 1) -> Any:
        """Uniform int64 in [low, high)."""
        return self._draw(axes, count, lambda shape: torch.randint(low, high, shape, generator=self._generator))

    def _draw(self, axes: str, count: int, make: Callable[[tuple[int, ...]], torch.Tensor]) -> Any:
        shape = self.axes.shape(axes)
        self._drawn.extend([axes] * count)
        tensors = tuple(make(shape) for _ in range(count))
        return tensors[0] if count == 1 else tensors

    def inputs(self) -> dict[str, Any]:
        """What was drawn, for the report."""
        shapes = [named(axes, self.axes.shape(axes)) for axes in self._drawn[:20]]
        return {"seed": self.seed, "sizes": dict(self.axes.sizes), "tensors": shapes}

    def data(self, path: str) -> bytes:
        """A file of the lab's `data/` folder."""
        return self.port.files[path]

    def call(
        self, name: str, *args: Any, may_raise: bool = False, return_inputs: bool = False, **kwargs: Any
    ) -> Observation:
        """Run the learner's function `name` in a fresh child."""
        tree = {"args": list(args), "kwargs": kwargs}
        return self.port.call("call", name, tree, self.axes, may_raise=may_raise, return_inputs=return_inputs)

    def probe(
        self, name: str, *args: Any, may_raise: bool = False, return_inputs: bool = False, **kwargs: Any
    ) -> Observation:
        """Run `name(learner, *args, **kwargs)` of `probe.py` in a fresh child."""
        tree = {"args": list(args), "kwargs": kwargs}
        return self.port.call("probe", name, tree, self.axes, may_raise=may_raise, return_inputs=return_inputs)

    def agrees(
        self,
        got: Observation | torch.Tensor,
        reference: Callable[..., torch.Tensor],
        *,
        on: tuple[Any, ...],
        axes: str,
        misconceptions: Sequence[Misconception] = (),
        **options: Any,
    ) -> torch.Tensor:
        """Pass when every value is within rounding of `reference(*on)` computed in float64; return the answer."""
        exact = to_double(on)
        bound = [Misconception(m.id, m.text, partial(_on_a_copy, m.fn, on)) for m in misconceptions]
        return self.equals(got, reference(*exact), axes=axes, misconceptions=bound, **options)

    def equals(  # noqa: PLR0913 - keyword-only options, each documented in docs/checking.md
        self,
        got: Observation | torch.Tensor,
        expected: torch.Tensor,
        *,
        axes: str,
        path: str = "",
        dtype: torch.dtype = torch.float32,
        terms: int = 64,
        tolerance: float | None = None,
        misconceptions: Sequence[Misconception] = (),
        hint: str = "",
    ) -> torch.Tensor:
        """Pass when shape, dtype, finiteness and values are those of `expected`; return the answer."""
        answer = got.any_tensor(path) if isinstance(got, Observation) else got
        allowed = rounding_tolerance(expected, dtype, terms) if tolerance is None else tolerance
        problem = wrong_form(answer, tuple(expected.shape), dtype, axes)
        problem = problem or wrong_values(answer, expected, axes, allowed, hint)
        if problem:
            answers = [(m, m.fn()) for m in misconceptions]
            raise diagnosed(problem, recognise(answer, expected, answers, allowed))
        return answer

    def has_shape(
        self, got: Observation, axes: str, *, path: str = "", dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Pass when shape, dtype and finiteness are as stated; return the answer."""
        return got.tensor(path, axes=axes, dtype=dtype)

    def unchanged(self, got: Observation, **tensors: torch.Tensor) -> None:
        """Pass when the positional tensors of a call (named here in their order) are bit-equal afterwards."""
        after = got.inputs.get("args") if isinstance(got.inputs, dict) else None
        if not isinstance(after, list) or len(after) < len(tensors):
            raise erred("The inputs did not come back with the result.")
        for (name, before), now in zip(tensors.items(), after, strict=False):
            if type(now) is not torch.Tensor or now.shape != before.shape or now.dtype != before.dtype:
                raise failed(f"Your code changed the shape or dtype of its input `{name}`.")
            changed = ~torch.eq(now, before)
            if bool(changed.any()):
                raise failed(
                    f"Your code changed its input `{name}` in place ({int(changed.sum())} values); work on a copy.",
                    first_bad_index=list(first_index(changed)),
                )

    def require(self, condition: bool, message: str, **details: Any) -> None:
        """Pass when `condition` holds."""
        if not condition:
            raise failed(message, **details)

    def forbids(self, *names: str) -> None:
        """Pass when the submission's syntax tree uses none of these names. Its syntax is tried in the sandbox first."""
        self.port.call("parse", "", {"args": [], "kwargs": {}}, self.axes)
        found = uses(self.port.source, names)
        if found:
            name, line = found
            raise failed(f"Line {line} uses `{name}`; this lab asks you to write that part yourself.", line=line)


def _on_a_copy(fn: Callable[..., torch.Tensor], on: tuple[Any, ...]) -> torch.Tensor:
    return fn(*to_double(on))
