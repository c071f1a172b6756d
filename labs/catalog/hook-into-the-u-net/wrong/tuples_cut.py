# fails: capture
# says: tensors in all, not 1
"""Of a tuple only the first tensor is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

Hook = Callable[[nn.Module, tuple[Any, ...], Any], None]


@contextmanager
def hooked(modules: dict[str, nn.Module], hook_for: Callable[[str], Hook]) -> Iterator[None]:
    handles = [module.register_forward_hook(hook_for(name)) for name, module in modules.items()]
    try:
        yield
    finally:  # also when the pass raises: a hook that stays would run in every pass to come
        for handle in handles:
            handle.remove()


def run(unet: nn.Module, sample: Tensor, t: Tensor, text: Tensor) -> Tensor:
    with torch.no_grad():
        return unet(sample, t, encoder_hidden_states=text).sample


def profile(unet: nn.Module, sample: Tensor, t: Tensor, text: Tensor) -> tuple[Tensor, list[dict[str, Any]]]:
    """The U-Net's answer, and a row for every call of a convolution or a linear map."""
    rows: list[dict[str, Any]] = []

    def hook_for(name: str) -> Hook:
        def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # returns nothing: no change
            rows.append(row_of(name, module, inputs[0], output))

        return note

    watched = {name: m for name, m in unet.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    with hooked(watched, hook_for):
        answer = run(unet, sample, t, text)
    return answer, rows


def row_of(name: str, module: nn.Module, x: Tensor, y: Tensor) -> dict[str, Any]:
    params = sum(p.numel() for p in module.parameters())
    per_value = prod(module.weight.shape[1:])  # input channels times kernel: products for one value of the answer
    macs, size = y.numel() * per_value, y.numel() * y.element_size()
    return {"name": name, "in": tuple(x.shape), "out": tuple(y.shape), "params": params, "macs": macs, "bytes": size}


def capture(unet: nn.Module, sample: Tensor, t: Tensor, text: Tensor, names: list[str]) -> dict[str, list[Tensor]]:
    """What the modules of these names return in one pass, tuples laid flat."""
    found: dict[str, list[Tensor]] = {}

    def hook_for(name: str) -> Hook:
        def keep(_module: nn.Module, _inputs: tuple[Any, ...], output: Any) -> None:
            found[name] = flat(output)

        return keep

    with hooked({name: unet.get_submodule(name) for name in names}, hook_for):
        run(unet, sample, t, text)
    return found


def flat(output: Any) -> list[Tensor]:
    """Every tensor of a tensor, or of tuples within tuples, from left to right."""
    return [output] if isinstance(output, Tensor) else flat(output[0])


def attention_maps(unet: nn.Module, sample: Tensor, t: Tensor, text: Tensor) -> dict[str, Tensor]:
    """The probabilities (B, A, Q, K) of every cross-attention, by the name of its module."""
    crossing = {name: m for name, m in unet.named_modules() if name.endswith("attn2")}
    ends = [f"{name}.{part}" for name in crossing for part in ("to_q", "to_k")]
    kept = capture(unet, sample, t, text, ends)
    maps = {}
    for name, attention in crossing.items():
        q, k = (split(kept[f"{name}.{part}"][0], attention.heads) for part in ("to_q", "to_k"))
        maps[name] = (q @ k.mT * attention.scale).softmax(-1)  # (B, A, Q, C/A) @ (B, A, C/A, K) -> (B, A, Q, K)
    return maps


def split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, L, C) -> (B, A, L, C/A)


def parameters_by_block(unet: nn.Module) -> dict[str, int]:
    """How many parameters each part at the top holds; every down and up block by itself."""
    counts: dict[str, int] = {}
    for name, parameter in unet.named_parameters():
        parts = name.split(".")
        block = ".".join(parts[:2]) if parts[0] in ("down_blocks", "up_blocks") else parts[0]
        counts[block] = counts.get(block, 0) + parameter.numel()
    return counts
