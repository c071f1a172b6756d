# fails: groups, eps, block, widened, gradients, learns
# mistake: layer-norm
"""All channels are normalised together."""

import torch
from torch import Tensor, nn
from torch.nn.functional import silu


def normalise_groups(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Each group of neighbouring channels of each image to mean 0 and variance 1: (B, C, H, W) -> (B, C, H, W)."""
    B, C, H, W = x.shape
    del groups
    grouped = x.reshape(B, 1, C, H, W)
    mean = grouped.mean(dim=(2, 3, 4), keepdim=True)  # (B, G, 1, 1, 1): one per image and group, over all its pixels
    variance = (grouped - mean).square().mean(dim=(2, 3, 4), keepdim=True)
    normal = ((grouped - mean) / (variance + eps).sqrt()).reshape(B, C, H, W)
    return normal * weight.view(1, C, 1, 1) + bias.view(1, C, 1, 1)  # gain and bias are per channel, not per group


def time_embedding(t: Tensor, width: int) -> Tensor:
    """Sines, then cosines, of t at width/2 frequencies from 1 down to almost 1/10000: (B,) -> (B, width)."""
    half = width // 2
    frequencies = 10_000.0 ** (-torch.arange(half, device=t.device) / half)
    angles = t[:, None] * frequencies  # (B, 1) * (width/2,) -> (B, width/2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def receptive_field(layers: list[list[int]]) -> int:
    """How many pixels along one side an output can see, through layers of (kernel, stride), first one first."""
    field, apart = 1, 1  # `apart`: how far two neighbours at this depth lie apart in the input
    for kernel, stride in layers:
        field += (kernel - 1) * apart
        apart *= stride  # counts for the layers after this one
    return field


class Groups(nn.Module):
    """`normalise_groups` with a gain and a bias that are learned."""

    def __init__(self, groups: int, channels: int) -> None:
        super().__init__()
        self.groups = groups
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return normalise_groups(x, self.groups, self.weight, self.bias)


class ResBlock(nn.Module):
    """Two convolutions with the time between them, and a way around both."""

    def __init__(self, c_in: int, c_out: int, c_time: int, groups: int) -> None:
        super().__init__()
        self.norm1 = Groups(groups, c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.time = nn.Linear(c_time, c_out)
        self.norm2 = Groups(groups, c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1)
        # with equal widths the input itself goes around: nothing to learn, nothing to lose
        self.shortcut = nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:  # (B, c_in, H, W), (B, c_time) -> (B, c_out, H, W)
        h = self.conv1(silu(self.norm1(x)))
        h = h + self.time(silu(time))[:, :, None, None]  # one number per channel, the same at every pixel
        h = self.conv2(silu(self.norm2(h)))
        return self.shortcut(x) + h


class Down(nn.Module):
    """Half the size, rounded up: (B, C, H, W) -> (B, C, ⌈H/2⌉, ⌈W/2⌉)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Up(nn.Module):
    """To the skip's size, then the skip behind it: (B, c_in, h, w), (B, S, H, W) -> (B, c_out + S, H, W)."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        H, W = skip.shape[2:]
        x = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)[:, :, :H, :W]  # an odd side drops one repeat
        return torch.cat([self.conv(x), skip], dim=1)


def load_weights(module: nn.Module, weights: dict[str, Tensor]) -> None:
    """Copy the named arrays into a ResBlock, a Down or an Up; its parameters have the arrays' names."""
    module.load_state_dict(weights)
