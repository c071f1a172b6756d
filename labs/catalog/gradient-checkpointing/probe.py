"""How the checks reach into your file: blocks with weights and dropout, run by your functions and differentiated.

The comparing is done elsewhere. Every function gets your module as `learner`. Run them yourself: nothing else of the
judging happens beside your code.
"""

import ctypes
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Weights = dict[str, Tensor]
ACTIVATION = 2**17
"""Values of one activation in the runs that are about memory: half a MiB of float32."""


class Block(nn.Module):
    """x + W2 (tanh(W1 x) · mask), the mask drawn anew in each run, as dropout does."""

    def __init__(self, weights: Weights, keep: float) -> None:
        super().__init__()
        self.w1, self.w2 = nn.Parameter(weights["w1"]), nn.Parameter(weights["w2"])
        self.keep, self.runs = keep, 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        h = torch.tanh(x @ self.w1.T)  # (B, F)
        mask = (torch.rand(h.shape) < self.keep) / self.keep
        return x + (h * mask) @ self.w2.T


def train(
    learner: ModuleType,
    layers: list[Weights],
    x: Tensor,
    cotangent: Tensor,
    seed: int,
    keep: float,
    segments: int = 0,
    by_input: bool = True,
) -> dict[str, Any]:
    """Differentiate sum(y · cotangent); with `segments` y is run(blocks, x, segments), else checkpointed(block, x)."""
    blocks = [Block(weights, keep) for weights in layers]
    x.requires_grad_(by_input)
    torch.manual_seed(seed)
    y = learner.run(blocks, x, segments) if segments else learner.checkpointed(blocks[0], x)
    between = torch.rand(5)
    if y.requires_grad:
        (y * cotangent).sum().backward()
    after = torch.rand(5)
    grads = [{name: gradient_of(p) for name, p in block.named_parameters()} for block in blocks]
    return {"y": y, "x": gradient_of(x), "layers": grads, "between": between, "after": after}


def gradient_of(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def mixed(x: Tensor, flags: Tensor, z: Tensor, power: float) -> Tensor:
    return torch.where(flags, torch.tanh(x * z), x) * power


def arguments(
    learner: ModuleType, x: Tensor, flags: Tensor, z: Tensor, power: float, cotangent: Tensor
) -> dict[str, Tensor]:
    """checkpointed(mixed, x, flags, z, power), differentiated by x and z."""
    x.requires_grad_()
    z.requires_grad_()
    y = learner.checkpointed(mixed, x, flags, z, power)
    if y.requires_grad:
        (y * cotangent).sum().backward()
    return {"y": y, "x": gradient_of(x), "z": gradient_of(z)}


def plans(learner: ModuleType, depths: list[int], insides: list[int]) -> Tensor:
    """plan(depth, inside) of each pair."""
    return torch.tensor([int(learner.plan(*pair)) for pair in zip(depths, insides, strict=True)])


class Wave(nn.Module):
    """tanh(sin(a x)): keeps two activations for its backward pass, what goes into the sine and what comes out."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(1.1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(torch.sin(x * self.a))


def deep(learner: ModuleType, depth: int, segments: int) -> float:
    """Train a deep chain of waves on large activations; what matters is what the runner measures meanwhile."""
    ctypes.CDLL(None).mallopt(-3, 2**16)  # M_MMAP_THRESHOLD: what is freed goes back to the system at once
    y = learner.run([Wave() for _ in range(depth)], torch.full((ACTIVATION,), 0.5), segments)
    y.backward(torch.ones_like(y))
    return float(y.detach()[0])


def counts(learner: ModuleType, layers: list[Weights], x: Tensor, segments: int) -> dict[str, Tensor]:
    """How often each block has run: after the forward pass, after the backward pass, and without autograd."""
    blocks = [Block(weights, 1.0) for weights in layers]
    y = learner.run(blocks, x.requires_grad_(), segments)
    forward = [block.runs for block in blocks]
    if y.requires_grad:
        y.sum().backward()
    both = [block.runs for block in blocks]
    with torch.no_grad():
        learner.run(blocks, x, segments)
    alone = [block.runs - before for block, before in zip(blocks, both, strict=True)]
    return {name: torch.tensor(runs) for name, runs in (("forward", forward), ("both", both), ("alone", alone))}


def timeline(learner: ModuleType, depth: int, segments: int) -> dict[str, Any]:
    """Activations alive after each operation, `yours` and without checkpointing, and after your forward pass."""
    yours, kept = watched(lambda blocks, x: learner.run(blocks, x, segments), depth)
    plain, _ = watched(straight, depth)
    return {"yours": yours, "plain": plain, "kept": kept}


def straight(blocks: list[nn.Module], x: Tensor) -> Tensor:
    for block in blocks:
        x = block(x)
    return x


def watched(run: Any, depth: int) -> tuple[Tensor, float]:
    """Run and differentiate a chain of waves on 64 values: activations alive after each operation, and in between."""
    blocks, x = [Wave() for _ in range(depth)], torch.full((64,), 0.5)
    with Alive() as alive:
        y = run(blocks, x)
        kept = alive.now() - 1  # less the answer
        if y.requires_grad:
            y.backward(torch.ones_like(y))
    return torch.tensor(alive.seen), kept


class Alive(TorchDispatchMode):
    """Follows every storage of 64 values from the operation that makes it until nobody holds it any more."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[int, StorageWeakRef] = {}
        self.seen: list[float] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, and the wrapper against it would import 800 modules."""
        return False

    def now(self) -> float:
        self.made = {key: ref for key, ref in self.made.items() if not ref.expired()}
        return float(len(self.made))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {leaf.untyped_storage()._cdata for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)}
        answer = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(answer):
            if isinstance(leaf, Tensor) and leaf.numel() == 64:
                ref = StorageWeakRef(leaf.untyped_storage())
                if ref.cdata not in given:
                    self.made[ref.cdata] = ref
        self.seen.append(self.now())
        return answer
