"""`Lab`: everything that a check does, one line each."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field, replace
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
    wrong_measure,
    wrong_values,
)
from gpu_runner.checking.differentiating import differentiate
from gpu_runner.checking.drawing import Draws
from gpu_runner.checking.leaking import leak
from gpu_runner.checking.pictures import Picture
from gpu_runner.checking.policy import uses
from gpu_runner.checking.repeating import Call
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
    draws: Draws = field(init=False)
    last: Call | None = None  # the call that a failure is most likely about
    measured: list[dict[str, Any]] = field(default_factory=list)  # what `measures` compared, kept with a pass too
    pictures: list[Picture] = field(default_factory=list)
    known: set[str] | None = None  # mistakes that its comparisons recognise; None if it compared no values

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - reproducible on purpose; the seed itself is unpredictable
        self.axes = Axes(self.random)
        self.draws = Draws(self.seed)

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
        return self._draw(axes, count, partial(self.draws.normal, axes=axes, scale=scale))

    def uniform(self, axes: str, *, low: float = 0.0, high: float = 1.0, count: int = 1) -> Any:
        """Uniform float32 in [low, high)."""
        return self._draw(axes, count, partial(self.draws.uniform, axes=axes, low=low, high=high))

    def integers(self, axes: str, *, low: int, high: int, count: int = 1) -> Any:
        """Uniform int64 in [low, high)."""
        return self._draw(axes, count, partial(self.draws.integers, axes=axes, low=low, high=high))

    def weights(self, **arrays: str) -> dict[str, torch.Tensor]:
        """Normal arrays by name, `wq="D D"`: matrices divided by the root of their last axis, vectors as they are."""
        return {name: self.normal(axes, scale=self._fan_in(axes) ** -0.5) for name, axes in arrays.items()}

    def _fan_in(self, axes: str) -> int:
        shape = self.axes.shape(axes)
        return shape[-1] if len(shape) > 1 else 1

    def _draw(self, axes: str, count: int, make: Callable[[tuple[int, ...]], torch.Tensor]) -> Any:
        shape = self.axes.shape(axes)
        tensors = tuple(make(shape) for _ in range(count))
        return tensors[0] if count == 1 else tensors

    def inputs(self) -> dict[str, Any]:
        """What was drawn, for the report."""
        shapes = [named(drawn.axes, tuple(drawn.tensor.shape)) for drawn in self.draws.made[:20] if drawn.axes]
        return {"seed": self.seed, "sizes": dict(self.axes.sizes), "tensors": shapes}

    def data(self, path: str) -> bytes:
        """A file of the lab's `data/` folder."""
        return self.port.files[path]

    def call(
        self, name: str, *args: Any, may_raise: bool = False, return_inputs: bool = False, **kwargs: Any
    ) -> Observation:
        """Run the learner's function `name` in a fresh child."""
        return self._run("call", name, args, kwargs, may_raise=may_raise, return_inputs=return_inputs)

    def probe(
        self, name: str, *args: Any, may_raise: bool = False, return_inputs: bool = False, **kwargs: Any
    ) -> Observation:
        """Run `name(learner, *args, **kwargs)` of `probe.py` in a fresh child."""
        return self._run("probe", name, args, kwargs, may_raise=may_raise, return_inputs=return_inputs)

    def _standard(self, name: str, *args: Any) -> Observation:
        """Run a function of the probe that every lab has (`standard_probe.py`) in a fresh child."""
        return self._run("standard", name, args, {})

    def _run(self, kind: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], **options: bool) -> Observation:
        self.last = Call(kind, name, args, kwargs)
        found = self.port.call(kind, name, {"args": list(args), "kwargs": kwargs}, self.axes, **options)
        self.last = replace(self.last, value=found.value)
        return found

    def parity(
        self,
        entry: str,
        reference: Callable[..., torch.Tensor],
        *,
        weights: dict[str, torch.Tensor],
        on: tuple[Any, ...],
        axes: str,
        config: dict[str, Any],
        **options: Any,
    ) -> torch.Tensor:
        """Pass when `entry(**config)`, holding `weights`, answers as `reference(weights, *on)` does; see `agrees`."""
        out = self._standard("forward", entry, list(on), config, weights)
        return self.agrees(out, reference, on=(weights, *on), axes=axes, **options)

    def gradients_agree(
        self,
        entry: str,
        reference: Callable[..., torch.Tensor],
        *,
        by: dict[str, torch.Tensor],
        axes: str,
        config: dict[str, Any] | None = None,
        weights: dict[str, torch.Tensor] | None = None,
        misconceptions: Sequence[Misconception] = (),
        **options: Any,
    ) -> None:
        """Pass when the gradients by every argument in `by` are those of `reference`, for a drawn cotangent.

        With `weights`, `reference` and the misconceptions get them as their first argument.
        """
        inputs, leading = list(by.values()), () if weights is None else (weights,)
        shape = reference(*to_double((*leading, *inputs))).shape
        cotangent = self.draws.normal(tuple(shape))
        out = self._standard("gradients", entry, inputs, cotangent, config, weights)
        if problem := wrong_form(out.any_tensor("y"), tuple(shape), torch.float32, axes):
            raise problem
        exact = differentiate(reference, inputs, cotangent, leading)
        for at, name in enumerate(by):
            wrong = [
                m.computed_by(partial(_nth, at, m.fn, inputs, cotangent, leading), f"the gradient of {m.text}")
                for m in misconceptions
            ]
            hint = f"This is the gradient by `{name}`."
            self.equals(out, exact[at], axes=axes, path=f"by/{at}", misconceptions=wrong, hint=hint, **options)

    def no_leak(
        self, run: Callable[[torch.Tensor], Observation], x: torch.Tensor, *, axes: str, along: str, terms: int = 64
    ) -> None:
        """Pass when new values of `x` from a drawn place on `along` move every later output and no earlier one."""
        dim = axes.split().index(along)
        cut = self.random.randrange(1, x.shape[dim])
        other = x + self.draws.normal(tuple(x.shape)) * x.std()
        other.narrow(dim, 0, cut).copy_(x.narrow(dim, 0, cut))
        before, after = (run(tensor).tensor(axes=axes) for tensor in (x, other))
        if problem := leak(before, after, axes=axes, dim=dim, cut=cut, terms=terms):
            raise problem

    def observe_steps(
        self, entry: str, on: tuple[Any, ...], config: dict[str, Any], weights: dict[str, torch.Tensor]
    ) -> Observation:
        """Every step of the learner's forward pass, by its own word (*observed*); `show_steps` sets it beside ours."""
        return self._standard("steps", entry, list(on), config, weights)

    def parameters(self, entry: str, **config: Any) -> int:
        """How many trainable values `entry(**config)` has, by its own word (*observed*)."""
        return self._standard("parameters", entry, config).integer()

    def flops(self, entry: str, *args: Any, **built: Any) -> int:
        """Floating-point operations of matrix products and convolutions in one call (*observed*).

        `built`: `config` and `weights`, where `entry` is a class.
        """
        return self._standard("cost", entry, list(args), built.get("config"), built.get("weights")).integer("flops")

    def kept_bytes(self, entry: str, *args: Any, **built: Any) -> int:
        """Bytes that one call keeps for its backward pass, besides arguments, parameters and answer (*observed*)."""
        return self._standard("cost", entry, list(args), built.get("config"), built.get("weights")).integer(
            "kept_bytes"
        )

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
        bound = [m.computed_by(partial(_on_a_copy, m.fn, on)) for m in misconceptions]
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
        self.known = (self.known or set()) | {mistake.id for mistake in misconceptions}
        answer = got.any_tensor(path) if isinstance(got, Observation) else got
        allowed = rounding_tolerance(expected, dtype, terms) if tolerance is None else tolerance
        problem = wrong_form(answer, tuple(expected.shape), dtype, axes)
        problem = problem or wrong_values(answer, expected, axes, allowed, hint)
        if problem:
            problem.details.update({"path": path} if path else {})
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

    def show(self, picture: Picture) -> None:
        """Put a picture beside the verdict, whichever it is. The first four are kept."""
        self.pictures.append(picture)

    def require(self, condition: bool, message: str, **details: Any) -> None:
        """Pass when `condition` holds."""
        if not condition:
            raise failed(message, **details)

    def measures(
        self,
        what: str,
        got: float,
        *,
        exactly: float | None = None,
        at_most: float | None = None,
        at_least: float | None = None,
        hint: str = "",
    ) -> None:
        """Pass when a count or a metric is as stated; `what` names it, with its unit."""
        bounds = {"exactly": exactly, "at_most": at_most, "at_least": at_least}
        stated = {name: bound for name, bound in bounds.items() if bound is not None}
        self.measured.append({"what": what, "got": got, **stated})
        if problem := wrong_measure(what, got, exactly=exactly, at_most=at_most, at_least=at_least, hint=hint):
            raise problem

    def forbids(self, *names: str) -> None:
        """Pass when the submission's syntax tree uses none of these names. Its syntax is tried in the sandbox first."""
        self.port.call("parse", "", {"args": [], "kwargs": {}}, self.axes)
        found = uses(self.port.source, names)
        if found:
            name, line = found
            raise failed(f"Line {line} uses `{name}`; this lab asks you to write that part yourself.", line=line)


def _on_a_copy(fn: Callable[..., torch.Tensor], on: tuple[Any, ...]) -> torch.Tensor:
    return fn(*to_double(on))


def _nth(
    at: int,
    fn: Callable[..., torch.Tensor],
    inputs: list[torch.Tensor],
    cotangent: torch.Tensor,
    leading: tuple[Any, ...],
) -> torch.Tensor:
    return differentiate(fn, inputs, cotangent, leading)[at]
