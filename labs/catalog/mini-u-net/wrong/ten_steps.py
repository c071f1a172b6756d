# fails: denoises
# says: a 3 × 3 blur
"""Training stops after ten steps."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, silu

from gpu_runner.live import report


def time_embedding(t: Tensor, width: int) -> Tensor:
    half = width // 2
    frequencies = 10_000.0 ** (-torch.arange(half, device=t.device) / half)
    angles = t[:, None] * frequencies  # (B, 1) * (width/2,) -> (B, width/2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class ResBlock(nn.Module):
    """Two convolutions with the time between them, and a way around both."""

    def __init__(self, c_in: int, c_out: int, c_time: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.time = nn.Linear(c_time, c_out)
        self.norm2 = nn.GroupNorm(groups, c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1)
        self.shortcut = nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(silu(self.norm1(x))) + self.time(silu(time))[:, :, None, None]
        return self.shortcut(x) + self.conv2(silu(self.norm2(h)))


class Down(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Up(nn.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.conv(interpolate(x, size=skip.shape[2:]))  # nearest: pixels are repeated, an odd side cut
        return torch.cat([x, skip], dim=1)


class MiniUNet(nn.Module):
    """A noisy image and its noise level -> the image without noise: (B, 1, H, W), (B,) -> (B, 1, H, W)."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        w, time = width, 4 * width
        self.width = width
        self.time_in, self.time_out = nn.Linear(w, time), nn.Linear(time, time)
        self.conv_in = nn.Conv2d(1, w, 3, padding=1)
        self.enc0, self.down0 = ResBlock(w, w, time, groups), Down(w)
        self.enc1, self.down1 = ResBlock(w, 2 * w, time, groups), Down(2 * w)
        self.mid = ResBlock(2 * w, 2 * w, time, groups)
        self.up1, self.dec1 = Up(2 * w, 2 * w), ResBlock(4 * w, 2 * w, time, groups)  # joined: 2·w and the skip's 2·w
        self.up0, self.dec0 = Up(2 * w, w), ResBlock(2 * w, w, time, groups)  # joined: w and the skip's w
        self.norm_out, self.conv_out = nn.GroupNorm(groups, w), nn.Conv2d(w, 1, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, x: Tensor, sigma: Tensor, skips: bool = True) -> Tensor:
        time = self.time_out(silu(self.time_in(time_embedding(100 * sigma, self.width))))  # (B, 4·w)
        high = self.enc0(self.conv_in(x), time)  # (B, w, H, W)
        low = self.enc1(self.down0(high), time)  # (B, 2·w, H/2, W/2)
        h = self.mid(self.down1(low), time)  # (B, 2·w, H/4, W/4): here every pixel sees nearly the whole image
        if not skips:
            high, low = torch.zeros_like(high), torch.zeros_like(low)
        h = self.dec1(self.up1(h, low), time)  # (B, 2·w, H/2, W/2)
        h = self.dec0(self.up0(h, high), time)  # (B, w, H, W)
        noise = self.conv_out(silu(self.norm_out(h)))
        return x - sigma[:, None, None, None] * noise


def load_weights(model: MiniUNet, weights: dict[str, Tensor]) -> None:
    model.load_state_dict(weights)


def train_step(
    model: MiniUNet, optimiser: torch.optim.Optimizer, clean: Tensor, sigma: Tensor, noise: Tensor
) -> Tensor:
    """One step towards the clean images; returns the loss before it."""
    noisy = clean + sigma[:, None, None, None] * noise  # each image at its own level
    loss = (model(noisy, sigma) - clean).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.detach()


def fit(model: MiniUNet, clean: Tensor) -> None:
    """Train in place on clean images (N, 1, H, W), at noise levels from 0.1 to 1."""
    steps, batch = 10, 24
    optimiser = torch.optim.AdamW(model.parameters(), lr=6e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps)
    for step in range(steps):
        images = clean[torch.randint(len(clean), (batch,))]
        sigma = 0.1 + 0.9 * torch.rand(batch)
        loss = train_step(model, optimiser, images, sigma, torch.randn_like(images))
        schedule.step()
        report(step=step + 1, loss=loss)
