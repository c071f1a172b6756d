"""How the checks reach into your file: a model without weights, a file that holds them, and a look at what is resident.

The comparing is done elsewhere. Every function gets your module as `learner`. Run them yourself: nothing else of the
judging happens beside your code.
"""

import ctypes
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import save, save_file
from torch import Tensor, nn

Weights = dict[str, Tensor]


class Block(nn.Module):
    """x + gate · down(tanh(up(norm(x)) + shift)): a module with two tensors of its own and three children."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.empty(width))
        self.register_buffer("shift", torch.empty(inner))
        self.norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gate * self.down(torch.tanh(self.up(self.norm(x)) + self.shift))


class Net(nn.Module):
    """Blocks in a given order, one of them twice, and a head."""

    def __init__(self, weights: Weights, order: list[int]) -> None:
        super().__init__()
        inner, width = weights["blocks.0.up.weight"].shape
        self.order, self.blocks = order, nn.ModuleList(Block(width, inner) for _ in range(max(order) + 1))
        self.head = nn.Linear(width, len(weights["head.bias"]))

    def forward(self, x: Tensor) -> Tensor:
        for i in self.order:
            x = self.blocks[i](x)
        return self.head(x)


def skeleton(weights: Weights, order: list[int]) -> Net:
    """The model with all its tensors on the device `meta`: shapes without memory."""
    with torch.device("meta"):
        return Net(weights, order).eval()


def stored(weights: Weights) -> str:
    """Write the file, in place if it is there, and say where it is."""
    path = Path(os.environ.get("HOME", "."), "weights.safetensors")
    if path.exists():
        with path.open("r+b") as file:
            file.write(save(weights))
    else:
        save_file(weights, path)
    return str(path)


def outputs(learner: ModuleType, files: list[Weights], order: list[int], x: Tensor, **options: int) -> list[Tensor]:
    """Offload once, then run once for each file, which is written in the place of the one before."""
    model = skeleton(files[0], order)
    learner.offload(model, stored(files[0]), **options)
    found = []
    with torch.no_grad():
        for weights in files:
            stored(weights)
            found.append(model(x))
    return found


def deep(learner: ModuleType, layers: list[Tensor], x: Tensor) -> Tensor:
    """Many layers without bias, a tanh between them; what matters is what the runner measures meanwhile."""
    ctypes.CDLL(None).mallopt(-3, 2**16)  # M_MMAP_THRESHOLD: what is freed goes back to the system at once
    path = stored({f"{2 * i}.weight": layer for i, layer in enumerate(layers)})
    with torch.device("meta"):
        parts = [part for w in layers for part in (nn.Linear(*reversed(w.shape), bias=False), nn.Tanh())]
        model = nn.Sequential(*parts)
    learner.offload(model, path)
    with torch.no_grad():
        return model(x)


def residents(learner: ModuleType, weights: Weights, order: list[int], keep: int, x: Tensor) -> dict[str, Any]:
    """While the model runs: bytes there at each module's start, and the names of modules that were there unasked."""
    model = skeleton(weights, order)
    learner.offload(model, stored(weights), keep)
    owners = {name: m for name, m in model.named_modules() if [*tensors_of(m)]}
    kept = set(list(owners)[:keep])
    running: list[nn.Module] = []
    there: list[int] = []
    unasked: set[str] = set()

    def look() -> None:
        real = {name for name, m in owners.items() if any(t.device.type != "meta" for t in tensors_of(m))}
        there.append(sum(t.nbytes for name in real for t in tensors_of(owners[name])))
        unasked.update(name for name in real - kept if not any(owners[name] is m for m in running))

    def starts(module: nn.Module, _args: Any) -> None:
        look()
        running.append(module)

    def ends(_module: nn.Module, _args: Any, _output: Any) -> None:
        running.pop()

    handles = [nn.modules.module.register_module_forward_pre_hook(starts)]
    handles.append(nn.modules.module.register_module_forward_hook(ends))
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    look()
    return {"bytes": torch.tensor(there), "unasked": ", ".join(sorted(unasked))}


def tensors_of(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(recurse=False), *module.buffers(recurse=False)]


def plans(learner: ModuleType, name: str, cases: list[dict[str, Any]]) -> Tensor:
    """fitting or traffic of each case."""
    return torch.tensor([int(getattr(learner, name)(**case)) for case in cases])
