"""The probe that every lab has: build, run, differentiate and count what a learner wrote.

Its text runs beside the learner's code in the sandbox, so what it counts is that process' word (*observed*); tensors
are compared outside. Checks reach it through `Lab`; a learner may run it too. It imports nothing but torch.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

Config = dict[str, Any] | None
Weights = dict[str, Tensor] | None
aten = torch.ops.aten


def target(learner: ModuleType, entry: str, config: Config, weights: Weights) -> Any:
    """The learner's function `entry`; or with a config, an object of that class, holding `weights` where given."""
    found = getattr(learner, entry)
    if config is None:
        return found
    built = found(**config)
    if weights is not None:
        learner.load_weights(built, weights)
    return built


def forward(learner: ModuleType, entry: str, args: Sequence[Any], config: Config, weights: Weights) -> Any:
    """What it returns, in evaluation mode and without a graph."""
    run = target(learner, entry, config, weights)
    if isinstance(run, torch.nn.Module):
        run.eval()
    with torch.no_grad():
        return run(*args)


def gradients(
    learner: ModuleType, entry: str, args: Sequence[Tensor], cotangent: Tensor, config: Config, weights: Weights
) -> dict[str, Any]:
    """The answer `y` and the gradient of sum(y · cotangent) by every argument; none if y has another shape."""
    run = target(learner, entry, config, weights)
    leaves = [value.requires_grad_() for value in args]
    y = run(*leaves)
    if not (isinstance(y, Tensor) and y.shape == cotangent.shape and y.requires_grad):
        return {"y": y, "by": [torch.zeros_like(leaf) for leaf in leaves]}
    return {"y": y, "by": torch.autograd.grad((y * cotangent).sum(), leaves, materialize_grads=True)}


def parameters(learner: ModuleType, entry: str, config: dict[str, Any]) -> int:
    """How many trainable values an object of that class has; tied ones count once."""
    return sum(p.numel() for p in getattr(learner, entry)(**config).parameters() if p.requires_grad)


def cost(learner: ModuleType, entry: str, args: Sequence[Any], config: Config, weights: Weights) -> dict[str, int]:
    """What one forward pass takes: `flops`, and `kept_bytes` until its backward pass."""
    for value in args:
        if isinstance(value, Tensor) and value.is_floating_point():
            value.requires_grad_()
    return watched(target(learner, entry, config, weights), *args)


def watched(run: Callable[..., Any], *args: Any) -> dict[str, int]:
    """Run `run(*args)` and count `flops` and `kept_bytes`: storages made in the run that outlive it, less the answer's.

    Storages are followed by weak references and not by saved-tensor hooks: what a graph, a closure or a global holds
    on to costs memory alike. The arguments' own storages, views of them, and parameters do not count.
    """
    held = {leaf.untyped_storage()._cdata for leaf in tree_leaves(args) if isinstance(leaf, Tensor)}
    with Watch() as watch:
        answer = run(*args)
    gc.collect()
    held |= {leaf.untyped_storage()._cdata for leaf in tree_leaves(answer) if isinstance(leaf, Tensor)}
    kept = sum(size for ref, size in watch.made.values() if ref.cdata not in held and not ref.expired())
    return {"flops": watch.flops, "kept_bytes": kept}


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch ships no types for it
    """Sees every operation: adds up those of matrix products and convolutions, and notes the storages that it makes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self.flops = 0
        self.made: dict[int, tuple[StorageWeakRef, int]] = {}
        self._foreign: dict[int, StorageWeakRef] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, and the wrapper against it would import 800 modules (2 s) in every child."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        del types
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(leaf, Tensor):
                self._note_foreign(leaf)
        answer = func(*args, **(kwargs or {}))
        self.flops += operations(func.overloadpacket, args, kwargs or {}, answer)
        for leaf in tree_leaves(answer):
            if isinstance(leaf, Tensor):
                self._note(leaf)
        return answer

    def _note_foreign(self, tensor: Tensor) -> None:
        """A storage that is read before any operation made it was there before: a parameter, a buffer, an argument."""
        ref = StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]  # as above
        if ref.cdata not in self.made:
            self._foreign.setdefault(ref.cdata, ref)

    def _note(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        ref = StorageWeakRef(storage)  # type: ignore[no-untyped-call]  # as above
        if ref.cdata not in self._foreign:
            self.made.setdefault(ref.cdata, (ref, storage.nbytes()))


def steps(
    learner: ModuleType, entry: str, args: Sequence[Any], config: Config, weights: Weights
) -> list[dict[str, Any]]:
    """What each torch call of one forward pass made, in order: name, line of the file, shape, dtype, spread, bytes."""
    run = target(learner, entry, config, weights)
    if isinstance(run, torch.nn.Module):
        run.eval()
    seen = Steps(f"{learner.__name__}.py")
    with torch.no_grad(), seen:
        run(*args)
    return seen.rows


class Steps(TorchFunctionMode):
    """Sees every call of torch's Python interface and notes the tensors that come out of it, the first MOST of them."""

    MOST = 120
    VIEWS = ("T", "mT", "H", "mH")

    def __init__(self, filename: str) -> None:
        super().__init__()
        self.filename = filename
        self.rows: list[dict[str, Any]] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        del types
        answer = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "?")
        if name == "__get__":  # an attribute: only those that make a view are steps
            name = getattr(func.__self__, "__name__", "?")
            if name not in self.VIEWS:
                return answer
        for leaf in tree_leaves(answer):
            if isinstance(leaf, Tensor) and len(self.rows) < self.MOST:
                self.rows.append({"name": name, "line": self._line(), **described(leaf)})
        return answer

    def _line(self) -> int:
        """The line of the watched file that led here; 0 where none did."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self.filename:
            frame = frame.f_back  # type: ignore[assignment]  # None at the end, seen by the loop
        return frame.f_lineno if frame is not None else 0


def described(tensor: Tensor) -> dict[str, Any]:
    """Shape, dtype and bytes of a tensor; of its values mean, deviation, and a mean that their order changes."""
    values = (tensor.abs() if tensor.is_complex() else tensor).double()
    mean = float(values.mean()) if values.numel() else 0.0
    spread = float(values.std(correction=0)) if values.numel() else 0.0
    dtype = str(tensor.dtype).removeprefix("torch.")
    order = float((values.flatten() * torch.arange(values.numel()).cos()).mean()) if values.numel() else 0.0
    size = tensor.numel() * tensor.element_size()
    return {"shape": list(tensor.shape), "dtype": dtype, "mean": mean, "std": spread, "order": order, "bytes": size}


def operations(packet: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any) -> int:
    """Floating-point operations of one call: torch's own formulas, and those that it lacks on the CPU."""
    if packet in (aten.mv, aten.dot, aten.vdot):
        return 2 * int(args[0].numel())
    if packet is aten._scaled_dot_product_flash_attention_for_cpu:
        return int(flop_registry[aten._scaled_dot_product_flash_attention](*args[:3], out_val=answer))
    formula = flop_registry.get(packet)
    return 0 if formula is None else int(formula(*args, **kwargs, out_val=answer))
