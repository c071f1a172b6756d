"""The Mini-U-Net as formulas in float64: a `Recipe` whose defaults are the contract; and its training by autograd."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d, silu

Weights = dict[str, Tensor]


def part(w: Weights, name: str) -> Weights:
    return {key.removeprefix(f"{name}."): array for key, array in w.items() if key.startswith(f"{name}.")}


def convolve(w: Weights, x: Tensor) -> Tensor:
    return conv2d(x, w["weight"], w["bias"], padding=w["weight"].size(-1) // 2)


def linear(w: Weights, x: Tensor) -> Tensor:
    return x @ w["weight"].mT + w["bias"]


def group_norm(w: Weights, x: Tensor, groups: int) -> Tensor:
    grouped = x.unflatten(1, (groups, -1)).flatten(2)  # (B, C, H, W) -> (B, G, C/G·H·W)
    variance, mean = torch.var_mean(grouped, dim=2, keepdim=True, correction=0)
    normal = ((grouped - mean) / (variance + 1e-5).sqrt()).reshape(x.shape)
    return normal * w["weight"][:, None, None] + w["bias"][:, None, None]


def waves(t: Tensor, width: int) -> Tensor:
    half = width // 2
    angles = torch.stack([t * 10_000.0 ** (-i / half) for i in range(half)], dim=1)  # (B, width/2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def enlarged(x: Tensor, size: tuple[int, ...]) -> Tensor:
    rows, columns = (torch.arange(side) // 2 for side in size)
    return x[..., rows, :][..., columns]


def behind(x: Tensor, skip: Tensor) -> Tensor:
    return torch.cat([x, skip], dim=1)


def same(skip: Tensor) -> Tensor:
    return skip


def denoised(x: Tensor, sigma: Tensor, noise: Tensor) -> Tensor:
    return x - sigma * noise


@dataclass(frozen=True)
class Recipe:
    """How an image is denoised; the defaults are the contract."""

    groups: int
    normalise: Callable[[Weights, Tensor, int], Tensor] = group_norm
    clock: Callable[[Tensor], Tensor] = lambda sigma: 100 * sigma
    between: Callable[[Tensor], Tensor] = silu
    timed: float = 1.0
    enlarge: Callable[[Tensor, tuple[int, ...]], Tensor] = enlarged
    join: Callable[[Tensor, Tensor], Tensor] = behind
    high: Callable[[Tensor], Tensor] = same
    low: Callable[[Tensor], Tensor] = same
    early: bool = False
    final: Callable[[Tensor], Tensor] = silu
    answer: Callable[[Tensor, Tensor, Tensor], Tensor] = denoised

    def __call__(self, w: Weights, x: Tensor, sigma: Tensor) -> Tensor:
        """x (B, 1, H, W), sigma (B,) -> (B, 1, H, W)."""
        return self.answer(x, sigma[:, None, None, None], self.noise(w, x, sigma))

    def noise(self, w: Weights, x: Tensor, sigma: Tensor) -> Tensor:
        time = self.time(w, sigma)
        entered = convolve(part(w, "conv_in"), x)
        high = self.block(w, "enc0", entered, time)  # (B, W, H, W)
        low = self.block(w, "enc1", self.down(w, "down0", high), time)  # (B, 2·W, H/2, W/2)
        h = self.block(w, "mid", self.down(w, "down1", low), time)  # (B, 2·W, H/4, W/4)
        h = self.block(w, "dec1", self.up(w, "up1", h, self.low(low)), time)
        h = self.block(w, "dec0", self.up(w, "up0", h, self.high(entered if self.early else high)), time)
        return convolve(part(w, "conv_out"), self.final(self.normalise(part(w, "norm_out"), h, self.groups)))

    def time(self, w: Weights, sigma: Tensor) -> Tensor:
        hidden = linear(part(w, "time_in"), waves(self.clock(sigma), w["time_in.weight"].size(1)))
        return linear(part(w, "time_out"), self.between(hidden))

    def block(self, w: Weights, name: str, x: Tensor, time: Tensor) -> Tensor:
        b = part(w, name)
        h = convolve(part(b, "conv1"), silu(self.normalise(part(b, "norm1"), x, self.groups)))
        h = h + self.timed * linear(part(b, "time"), silu(time))[:, :, None, None]
        h = convolve(part(b, "conv2"), silu(self.normalise(part(b, "norm2"), h, self.groups)))
        return h + (convolve(part(b, "shortcut"), x) if "shortcut.weight" in b else x)

    def down(self, w: Weights, name: str, x: Tensor) -> Tensor:
        return convolve(part(w, f"{name}.conv"), x)[..., ::2, ::2]

    def up(self, w: Weights, name: str, x: Tensor, skip: Tensor) -> Tensor:
        return self.join(convolve(part(w, f"{name}.conv"), self.enlarge(x, tuple(skip.shape[2:]))), skip)


def mean_square(answer: Tensor, clean: Tensor) -> Tensor:
    return (answer - clean).square().mean()


def noised(clean: Tensor, sigma: Tensor, noise: Tensor) -> Tensor:
    return clean + sigma[:, None, None, None] * noise


@dataclass(frozen=True)
class Training:
    """Steps of SGD; the fields are what people get wrong."""

    network: Recipe
    rate: float
    spoil: Callable[[Tensor, Tensor, Tensor], Tensor] = noised
    loss: Callable[[Tensor, Tensor], Tensor] = mean_square
    told: Callable[[Tensor], Tensor] = same
    target: Callable[[Tensor, Tensor], Tensor] = lambda clean, _noise: clean
    cleared: bool = True

    def run(self, w: Weights, clean: Tensor, sigma: Tensor, noise: Tensor) -> tuple[Tensor, Weights]:
        """The losses before each step on batches (K, B, 1, H, W), and the arrays after the last."""
        leaves = {name: array.double().requires_grad_() for name, array in w.items()}
        losses, batches = [], zip(clean.double(), sigma.double(), noise.double(), strict=True)
        for images, strength, added in batches:
            answer = self.network(leaves, self.spoil(images, strength, added), self.told(strength))
            losses.append(self.loss(answer, self.target(images, added)))
            self.step(leaves, losses[-1])
        return torch.stack(losses).detach(), {name: leaf.detach() for name, leaf in leaves.items()}

    def step(self, leaves: Weights, loss: Tensor) -> None:
        if self.cleared:
            for leaf in leaves.values():
                leaf.grad = None
        loss.backward()
        with torch.no_grad():
            for leaf in leaves.values():
                leaf.sub_(self.rate * leaf.grad)
