"""A failed check's last call as a few lines of Python that a learner runs beside the file.

What a call is given, the learner's code has seen, so nothing of it is a secret; the reference and the checks never
appear. Drawn tensors are drawn again from the same seed, small others are spelled out, and the rest keep their shape,
dtype and spread only, which the lines say.
"""

from __future__ import annotations

import json
import keyword
import math
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_runner.checking.drawing import Draws

MAX_TEXT: Final = 6000
MAX_LITERAL: Final = 1500
MAX_DRAWS: Final = 80
RESERVED: Final = ("torch", "draw", "out", "probe")
PROBES: Final = {
    "probe": "import probe  # the lab's own: download it beside your file",
    "standard": "from gpu_runner.checking import standard_probe as probe  # pip install residual-gpu-runner",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call into the sandbox: `kind` is that of `Port.call`, `value` what came back (None if nothing did)."""

    kind: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: object = None


def snippet(call: Call | None, draws: Draws, filename: str, details: dict[str, Any]) -> str:
    """The lines, or nothing where no call was made or they would be too many to read."""
    if call is None or call.kind == "parse" or len(draws.made) > MAX_DRAWS:
        return ""
    text = "\n".join(_Writer(draws, filename.removesuffix(".py")).lines(call, details)) + "\n"
    return text if len(text) <= MAX_TEXT else ""


@dataclass(slots=True)
class _Writer:
    draws: Draws
    module: str
    names: dict[int, str] = field(default_factory=dict)  # by id of a tensor of the call
    made: list[str] = field(default_factory=list)  # lines for tensors that were not drawn
    alike: bool = False  # one of them is only alike

    def lines(self, call: Call, details: dict[str, Any]) -> Iterator[str]:
        words = [self._spell(value) for value in call.args]
        words += [f"{name}={self._spell(value, name)}" for name, value in call.kwargs.items()]
        drawn = self._drawn()
        yield "import torch"
        yield ""
        yield f"import {self.module}"
        if call.kind in PROBES:
            yield PROBES[call.kind]
            words.insert(0, self.module)
        yield ""
        yield from drawn
        if self.alike:
            yield "torch.manual_seed(0)"
        yield from self.made
        where = self.module if call.kind == "call" else "probe"
        yield _call(f"out = {where}.{call.name}", words)
        yield from _results(call.value, details, exact=not self.alike)

    def _spell(self, value: Any, hint: str = "") -> str:
        """A tree as an expression; its tensors become variables of their own."""
        if isinstance(value, torch.Tensor):
            return self._name(value, hint)
        if isinstance(value, dict):
            return (
                "{" + ", ".join(f"{_quoted(key)}: {self._spell(item, str(key))}" for key, item in value.items()) + "}"
            )
        if isinstance(value, (list, tuple)):
            inside = ", ".join(self._spell(item, hint) for item in value)
            return f"[{inside}]"
        return _plain(value)

    def _name(self, tensor: torch.Tensor, hint: str) -> str:
        if id(tensor) in self.names:
            return self.names[id(tensor)]
        stem = hint if hint.isidentifier() and not keyword.iskeyword(hint) else "x"
        taken = {*self.names.values(), *RESERVED, self.module}
        names = (f"{stem}{n}" for n in count(1)) if stem == "x" or stem in taken else iter([stem])
        name = next(name for name in names if name not in taken)
        self.names[id(tensor)] = name
        if not any(entry.tensor is tensor and entry.untouched for entry in self.draws.made):
            self.made.append(f"{name} = {self._made(tensor)}")
        return name

    def _drawn(self) -> list[str]:
        """Every draw up to the last one that is passed on: the generator must take the same steps."""
        used = [entry.untouched and id(entry.tensor) in self.names for entry in self.draws.made]
        if not any(used):
            return []
        last = max(at for at, passed in enumerate(used) if passed)
        lines = [f"draw = torch.Generator().manual_seed({self.draws.seed})"]
        for passed, entry in zip(used[: last + 1], self.draws.made, strict=False):
            name = self.names[id(entry.tensor)] if passed else "_"
            lines.append(f"{name} = {entry.code}" + (f"  # {entry.axes}" if entry.axes else ""))
        return lines

    def _made(self, tensor: torch.Tensor) -> str:
        """A tensor that the check made itself: in full where that is short, else one that is alike."""
        literal = _literal(tensor)
        if literal:
            return literal
        self.alike = True
        return f"{_alike(tensor)}  # of the same shape; the check's own values differ"


def _call(function: str, words: list[str]) -> str:
    line = f"{function}({', '.join(words)})"
    return line if len(line) <= 100 else f"{function}(\n" + "".join(f"    {word},\n" for word in words) + ")"


def _literal(tensor: torch.Tensor) -> str:
    """`torch.tensor(…)`, spread along leading axes that repeat it; nothing where that is long."""
    small = tensor
    while small.ndim > 1 and len(small) > 0 and bool((small == small[:1]).all()):
        small = small[0]
    text = _plain_literal(small)
    same = small.shape == tensor.shape or text.startswith("torch.full")
    if same or not text:
        return _plain_literal(tensor) if text else ""
    return f"{text}.expand({tuple(tensor.shape)}).contiguous()"


def _plain_literal(tensor: torch.Tensor) -> str:
    values, shape = tensor.detach().flatten().tolist(), tuple(tensor.shape)
    if values and all(value == values[0] for value in values):
        return f"torch.full({shape}, {_exact(values[0], tensor.dtype)}, dtype={tensor.dtype})"
    if len(values) * 2 > MAX_LITERAL or tensor.is_complex():
        return ""
    inside = ", ".join(_exact(value, tensor.dtype) for value in values)
    text = f"torch.tensor([{inside}], dtype={tensor.dtype})" + (f".reshape({shape})" if tensor.ndim != 1 else "")
    return text if len(text) <= MAX_LITERAL else ""


def _exact(value: Any, dtype: torch.dtype) -> str:
    if not isinstance(value, float):
        return str(int(value))
    return f"{value:.9g}" if dtype == torch.float32 and math.isfinite(value) else _number(value)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return _number(value) if isinstance(value, float) else repr(value)


def _quoted(text: Any) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'


def _alike(tensor: torch.Tensor) -> str:
    shape = tuple(tensor.shape)
    if tensor.dtype == torch.bool:
        return f"torch.rand({shape}) < {float(tensor.float().mean()):.2f}"
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return f"torch.randint({int(tensor.min())}, {int(tensor.max()) + 1}, {shape}, dtype={tensor.dtype})"
    values = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    finite = values[torch.isfinite(values)].double()
    mean, spread = (float(finite.mean()), float(finite.std())) if finite.numel() > 1 else (0.0, 1.0)
    return f"torch.randn({shape}, dtype={tensor.dtype}) * {spread:.4g} + {mean:.4g}"


def _results(value: object, details: dict[str, Any], *, exact: bool) -> Iterator[str]:
    """Print what came out, and the place that the check found first."""
    if isinstance(value, dict):
        yield 'print({name: getattr(value, "shape", value) for name, value in out.items()})'
    else:
        yield 'print(getattr(out, "shape", out))'
    index, got = details.get("first_bad_index"), details.get("got")
    place, tensor = _at(value, str(details.get("path", "")))
    if not exact or index is None or tensor is None or len(index) != tensor.ndim:
        return
    found = tensor[tuple(index)].item()
    if got in (found, str(found)):
        yield f"print({place}[{', '.join(map(str, index))}])  # the check got {_short(got)}" + _wanted(details)


def _wanted(details: dict[str, Any]) -> str:
    return f" and expected {_short(details['expected'])}" if "expected" in details else ""


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _at(value: object, path: str) -> tuple[str, torch.Tensor | None]:
    """The expression and the tensor at a path of the result."""
    words = "out"
    for part in path.split("/") if path else ():
        if isinstance(value, dict) and part in value:
            value, words = value[part], f"{words}[{_quoted(part)}]"
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value, words = value[int(part)], f"{words}[{part}]"
        else:
            return words, None
    return words, value if isinstance(value, torch.Tensor) else None
