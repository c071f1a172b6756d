"""The vision transformer as formulas in float64: a `Recipe` whose defaults are the contract; and its training."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d, gelu, layer_norm

Weights = dict[str, Tensor]
STEM = "vit.embeddings."


def cut(images: Tensor, patch: int) -> Tensor:
    """(B, C, H, W) -> (B, N, C·P·P): window by window, row after row of them."""
    height, width = images.shape[2:]
    corners = [(top, left) for top in range(0, height, patch) for left in range(0, width, patch)]
    return torch.stack([images[:, :, i : i + patch, j : j + patch].flatten(1) for i, j in corners], dim=1)


def pasted(patches: Tensor, patch: int, height: int, width: int) -> Tensor:
    """(B, N, C·P·P) -> (B, C, H, W): window by window."""
    across = width // patch
    images = patches.new_zeros(len(patches), patches.size(2) // patch**2, height, width)
    for place, window in enumerate(patches.unbind(1)):
        top, left = place // across * patch, place % across * patch
        images[:, :, top : top + patch, left : left + patch] = window.unflatten(1, (-1, patch, patch))
    return images


def cubic(before: int, after: int) -> Tensor:
    """Bicubic interpolation along one side as a matrix (after, before), with Keys's kernel and a = -0.75."""
    a, matrix = -0.75, torch.zeros(after, before, dtype=torch.float64)
    for i in range(after):
        at = (i + 0.5) * before / after - 0.5  # pixels are squares, and their centres are at halves
        for j in range(math.floor(at) - 1, math.floor(at) + 3):
            d = abs(at - j)
            near, far = (a + 2) * d**3 - (a + 3) * d**2 + 1, a * (d**3 - 5 * d**2 + 8 * d - 4)
            matrix[i, min(max(j, 0), before - 1)] += near if d <= 1 else far
    return matrix


def resized(positions: Tensor, rows: int, columns: int) -> Tensor:
    """(1, 1 + G·G, D) -> (1, 1 + rows·columns, D)."""
    side = math.isqrt(positions.size(1) - 1)
    grid = positions[0, 1:].unflatten(0, (side, side))
    grid = torch.einsum("rg,sh,ghd->rsd", cubic(side, rows), cubic(side, columns), grid)
    return torch.cat([positions[:, :1], grid.flatten(0, 1)[None]], dim=1)


def embedded(w: Weights, images: Tensor) -> Tensor:
    """Patches as a convolution sees them whose stride is its width: (B, N, D)."""
    kernel = w[f"{STEM}patch_embeddings.projection.weight"]
    x = conv2d(images, kernel, w[f"{STEM}patch_embeddings.projection.bias"], stride=kernel.size(-1))
    return x.flatten(2).mT


def added(x: Tensor, first: Tensor, positions: Tensor) -> Tensor:
    return torch.cat([first.expand(len(x), -1, -1), x], dim=1) + positions


def normed(w: Weights, x: Tensor) -> Tensor:
    return layer_norm(x, x.shape[-1:], eps=1e-12) * w["weight"] + w["bias"]


def linear(w: Weights, x: Tensor) -> Tensor:
    return x @ w["weight"].mT + w["bias"]


def part(w: Weights, name: str) -> Weights:
    return {key.removeprefix(f"{name}."): array for key, array in w.items() if key.startswith(f"{name}.")}


def split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(2, (heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, H, T, D/H)


@dataclass(frozen=True)
class Recipe:
    """How an image is classified; the defaults are the contract."""

    heads: int
    embed: Callable[[Weights, Tensor], Tensor] = embedded
    place: Callable[[Tensor, int, int], Tensor] = resized
    join: Callable[[Tensor, Tensor, Tensor], Tensor] = added
    divide: Callable[[int, int], float] = lambda _width, head: math.sqrt(head)
    split: Callable[[Tensor, int], Tensor] = split
    activate: Callable[[Tensor], Tensor] = gelu
    post_norm: bool = False
    last_norm: bool = True
    read: Callable[[Tensor], Tensor] = lambda x: x[:, 0]

    def __call__(self, w: Weights, images: Tensor) -> Tensor:
        """(B, C, H, W) -> logits (B, K)."""
        x, _ = self.through(w, images)
        x = normed(part(w, "vit.layernorm"), x) if self.last_norm else x
        return linear(part(w, "classifier"), self.read(x))

    def maps(self, w: Weights, images: Tensor) -> Tensor:
        """The attention of all blocks: (L, B, H, T, T)."""
        return torch.stack(self.through(w, images)[1])

    def through(self, w: Weights, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        patch = w[f"{STEM}patch_embeddings.projection.weight"].size(-1)
        rows, columns = (side // patch for side in images.shape[2:])
        positions = self.place(w[f"{STEM}position_embeddings"], rows, columns)
        x, maps = self.join(self.embed(w, images), w[f"{STEM}cls_token"], positions), []
        for i in range(depth(w)):
            block = part(w, f"vit.layers.{i}")
            before, after = part(block, "layernorm_before"), part(block, "layernorm_after")
            h = x if self.post_norm else normed(before, x)
            maps.append(self.weighed(part(block, "attention"), h))
            x = x + self.mixed(part(block, "attention"), maps[-1], h)
            x = normed(before, x) if self.post_norm else x
            x = x + self.widened(part(block, "mlp"), x if self.post_norm else normed(after, x))
            x = normed(after, x) if self.post_norm else x
        return x, maps

    def weighed(self, w: Weights, h: Tensor) -> Tensor:
        q, k = (self.split(linear(part(w, f"{name}_proj"), h), self.heads) for name in "qk")
        return (q @ k.mT / self.divide(h.size(-1), q.size(-1))).softmax(-1)

    def mixed(self, w: Weights, weights: Tensor, h: Tensor) -> Tensor:
        joined = weights @ self.split(linear(part(w, "v_proj"), h), self.heads)
        return linear(part(w, "o_proj"), joined.transpose(1, 2).flatten(2))

    def widened(self, w: Weights, h: Tensor) -> Tensor:
        return linear(part(w, "fc2"), self.activate(linear(part(w, "fc1"), h)))


def depth(w: Weights) -> int:
    return 1 + max(int(name.split(".")[2]) for name in w if name.startswith("vit.layers."))


def rolled(maps: Tensor) -> Tensor:
    """(L, B, H, T, T) -> (B, N): where what [CLS] holds at the end has come from, layer by layer backwards."""
    share = torch.zeros(maps.size(1), maps.size(3), dtype=maps.dtype)
    share[:, 0] = 1
    for layer in maps.mean(2).flip(0):
        share = (share + torch.einsum("bt,bts->bs", share, layer)) / 2
    return share[:, 1:]


def smoothed(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy against a target that has `smoothing` spread evenly over all classes."""
    target = torch.full_like(logits, smoothing / logits.size(1))
    target[torch.arange(len(labels)), labels] += 1 - smoothing
    return -(target * logits.log_softmax(-1)).sum(1).mean()


@dataclass(frozen=True)
class Training:
    """Steps of SGD; the fields are what people get wrong."""

    network: Recipe
    rate: float
    loss: Callable[[Tensor, Tensor, float], Tensor] = smoothed
    cleared: bool = True
    frozen: str = "nothing"

    def run(self, w: Weights, images: Tensor, labels: Tensor, smoothing: float) -> tuple[Tensor, Weights]:
        """The losses before each step on batches (K, B, C, H, W), and the arrays after the last."""
        leaves = {name: array.double().requires_grad_() for name, array in w.items()}
        losses = []
        for batch, truth in zip(images.double(), labels, strict=True):
            losses.append(self.loss(self.network(leaves, batch), truth, smoothing))
            self.step(leaves, losses[-1])
        return torch.stack(losses).detach(), {name: leaf.detach() for name, leaf in leaves.items()}

    def step(self, leaves: Weights, loss: Tensor) -> None:
        if self.cleared:
            for leaf in leaves.values():
                leaf.grad = None
        loss.backward()
        with torch.no_grad():
            for name, leaf in leaves.items():
                leaf.sub_(self.rate * leaf.grad * (self.frozen not in name))
