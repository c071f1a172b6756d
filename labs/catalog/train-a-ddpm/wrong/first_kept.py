# fails: posterior-variance
# mistake: first-kept
"""Before step 0, what was left is taken to be what is left after it."""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from gpu_runner.live import report


def noise_loss(model: nn.Module, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    """Mean squared error of the predicted noise: x0, noise (B, D), t (B,), bars (T,) -> ()."""
    bar = bars[t][:, None]  # (B, 1)
    xt = bar.sqrt() * x0 + (1 - bar).sqrt() * noise  # the jump of the forward process
    return mse_loss(model(xt, t), noise)


def train_step(
    model: nn.Module, optimiser: torch.optim.Optimizer, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor
) -> float:
    """One step on one batch; returns the loss before it."""
    loss = noise_loss(model, x0, t, noise, bars)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def posterior_variance(betas: Tensor) -> Tensor:
    """Variance of the state before each step for someone who knows the image too: (T,) -> (T,)."""
    bars = (1 - betas).cumprod(0)
    earlier = torch.cat([bars[:1], bars[:-1]])  # before step 0 nothing was lost
    return betas * (1 - earlier) / (1 - bars)


def ddpm_step(x: Tensor, t: int, eps: Tensor, z: Tensor, betas: Tensor, variance: str = "beta") -> Tensor:
    """From step t to the one before it: x, eps, z (B, D) -> (B, D)."""
    beta, bar = betas[t], (1 - betas).cumprod(0)[t]
    mean = (x - beta / (1 - bar).sqrt() * eps) / (1 - beta).sqrt()
    if t == 0:
        return mean  # the image itself: noise put in here would stay
    spread = beta if variance == "beta" else posterior_variance(betas)[t]
    return mean + spread.sqrt() * z


def ddim_step(x: Tensor, t: int, s: int, eps: Tensor, bars: Tensor) -> Tensor:
    """From step t straight to step s < t, or to the image with s = -1: x, eps (B, D) -> (B, D)."""
    x0 = (x - (1 - bars[t]).sqrt() * eps) / bars[t].sqrt()  # the jump, solved for the image
    if s < 0:
        return x0  # bars[-1] would be the noisiest entry of the table
    return bars[s].sqrt() * x0 + (1 - bars[s]).sqrt() * eps


def sample(model: nn.Module, x: Tensor, noises: Tensor, betas: Tensor) -> Tensor:
    """All steps from T - 1 to 0, with noises[t] at step t: x (B, D), noises (T, B, D) -> (B, D)."""
    with torch.no_grad():
        for t in reversed(range(len(betas))):
            eps = model(x, torch.full((len(x),), t))
            x = ddpm_step(x, t, eps, noises[t], betas)
    return x


class EpsNet(nn.Module):
    """Predicts the noise in a digit: x (N, 64), t (N,) -> (N, 64)."""

    def __init__(self, hidden: int = 128, blocks: int = 3) -> None:
        super().__init__()
        # Sines and cosines of t at wave lengths from 6 steps to some thousand.
        self.register_buffer("rates", torch.logspace(0, -3, 16))  # (16,)
        self.enter, self.time, self.leave = nn.Linear(64, hidden), nn.Linear(32, hidden), nn.Linear(hidden, 64)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
            for _ in range(blocks)
        )

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        angles = t[:, None] * self.rates  # (N, 16)
        h = self.enter(x) + self.time(torch.cat([angles.sin(), angles.cos()], dim=1))  # (N, hidden)
        for block in self.blocks:
            h = h + block(h)
        return self.leave(h)


def train(x0: Tensor, betas: Tensor, steps: int = 600, batch: int = 128, rate: float = 3e-3) -> EpsNet:
    """A network trained on digits x0 (N, 64) in [-1, 1]."""
    bars, net = (1 - betas).cumprod(0), EpsNet()
    optimiser = torch.optim.Adam(net.parameters(), lr=rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rate, total_steps=steps, pct_start=0.1)
    for step in range(steps):
        rows = torch.randint(len(x0), (batch,))
        t = torch.randint(len(betas), (batch,))  # a step of its own for each digit
        loss = train_step(net, optimiser, x0[rows], t, torch.randn(batch, 64), bars)
        schedule.step()
        report(step=step, loss=loss)
    return net
