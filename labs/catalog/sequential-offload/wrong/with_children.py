# fails: released
# says: had their tensors while they were not running
"""A parent fetches its children too, and all of them stay while it runs."""

from collections.abc import Sequence

import torch
from safetensors import safe_open
from torch import nn


def offload(model: nn.Module, path: str, keep: int = 0) -> None:
    owners = [(name, module) for name, module in model.named_modules() if own_names(module)]
    for at, (name, module) in enumerate(owners):
        if at < keep:
            bring(module, name, path)
            continue
        hook_up(module, name, path)


def hook_up(module: nn.Module, name: str, path: str) -> None:
    def before(module: nn.Module, _args: object) -> None:
        for inner, child in module.named_modules():
            if own_names(child):
                bring(child, f"{name}.{inner}" if inner else name, path)

    def after(module: nn.Module, _args: object, _output: object) -> None:
        release(module)

    module.register_forward_pre_hook(before)
    module.register_forward_hook(after)


def own_names(module: nn.Module) -> list[str]:
    own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    return [name for name, _ in own]


def bring(module: nn.Module, prefix: str, path: str) -> None:
    with safe_open(path, framework="pt") as file:
        for name in own_names(module):
            tensor = file.get_tensor(f"{prefix}.{name}" if prefix else name).float()
            put(module, name, tensor)


def release(module: nn.Module) -> None:
    for name in own_names(module):
        put(module, name, getattr(module, name).to("meta"))


def put(module: nn.Module, name: str, tensor: torch.Tensor) -> None:
    if name in module._parameters:
        module._parameters[name] = nn.Parameter(tensor, requires_grad=False)
    else:
        module._buffers[name] = tensor


def fitting(sizes: Sequence[int], budget: int) -> int:
    counts = range(len(sizes), -1, -1)
    fits = (n for n in counts if sum(sizes[:n]) + max(sizes[n:], default=0) <= budget)
    return next(fits, -1)


def traffic(sizes: Sequence[int], keep: int, steps: int) -> int:
    return sum(sizes[:keep]) + steps * sum(sizes[keep:])
