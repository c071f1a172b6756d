"""Read what a child left. It was made beside the learner's code, so every reader states what it expects."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import torch

from gpu_runner.checking.comparing import wrong_form
from gpu_runner.checking.verdicts import erred, failed
from gpu_runner.protocol import Usage

if TYPE_CHECKING:
    from gpu_runner.checking.axes import Axes

MAX_TEXT: Final = 10_000
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Observation:
    """What one call returned, and what it used by the supervisor's count: that does not come from the call."""

    axes: Axes
    value: object
    inputs: object = None
    error: dict[str, Any] | None = None
    usage: Usage = field(default_factory=Usage)

    def tensor(self, path: str = "", *, axes: str, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """The tensor at `path`, once its shape, dtype and finiteness are as stated."""
        got = self.any_tensor(path)
        problem = wrong_form(got, self.axes.shape(axes), dtype, axes)
        if problem:
            raise problem
        return got

    def any_tensor(self, path: str = "") -> torch.Tensor:
        """The tensor at `path`, whatever its form; only the library itself should need this."""
        found = self._at(path)
        if type(found) is not torch.Tensor:
            raise erred(f"{self._what(path)} is {_kind(found)}; expected a tensor.")
        return found

    def number(self, path: str = "") -> float:
        found = self._at(path)
        if type(found) not in (int, float):
            raise erred(f"{self._what(path)} is {_kind(found)}; expected a number.")
        try:
            number = float(found)  # type: ignore[arg-type]  # checked by `type in` above
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise failed(f"{self._what(path)} is not finite.")
        return number

    def integer(self, path: str = "") -> int:
        found = self._at(path)
        if type(found) is not int:
            raise erred(f"{self._what(path)} is {_kind(found)}; expected an integer.")
        return found

    def flag(self, path: str = "") -> bool:
        found = self._at(path)
        if type(found) is not bool:
            raise erred(f"{self._what(path)} is {_kind(found)}; expected true or false.")
        return found

    def text(self, path: str = "") -> str:
        found = self._at(path)
        if type(found) is not str or len(found) > MAX_TEXT:
            raise erred(f"{self._what(path)} is {_kind(found)}; expected a text of at most {MAX_TEXT} characters.")
        return found

    @property
    def peak_mb(self) -> float:
        """The most that all processes of the call held at once, in MiB, with what Python itself takes (*metered*)."""
        return self.usage.peak_mb

    def keys(self, path: str = "") -> list[str]:
        found = self._at(path)
        if not isinstance(found, dict):
            raise erred(f"{self._what(path)} is {_kind(found)}; expected a dict.")
        return sorted(found)

    def _at(self, path: str) -> object:
        node = self.value
        for part in path.split("/") if path else ():
            node = _step(node, part)
            if node is _MISSING:
                raise erred(f"The result has no `{path}`.")
        return node

    def _what(self, path: str) -> str:
        return f"`{path}` of the result" if path else "The result"


def _step(node: object, part: str) -> object:
    if isinstance(node, dict):
        return node.get(part, _MISSING)
    if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    return _MISSING


def _kind(value: object) -> str:
    names = {dict: "a dict", list: "a list", str: "a text", bool: "true or false", int: "an integer", float: "a number"}
    if value is None:
        return "None"
    return "a tensor" if isinstance(value, torch.Tensor) else names.get(type(value), type(value).__name__)
