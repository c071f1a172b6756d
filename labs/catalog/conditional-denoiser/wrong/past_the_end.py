# fails: sampler
# mistake: past-the-end
"""The last leap goes to bars[-1]."""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from gpu_runner.live import report

NULL = 10  # "no label": one more than the digits
UNTOLD = 0.1  # how often the label is dropped in training


def drop_labels(c: Tensor, u: Tensor, p: float) -> Tensor:
    """Labels c (B,) with NULL wherever u (B,), uniform in [0, 1), is below p."""
    return torch.where(u < p, NULL, c)


def train_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    x0: Tensor,
    c: Tensor,
    t: Tensor,
    noise: Tensor,
    u: Tensor,
    bars: Tensor,
) -> float:
    """One step on x0, noise (B, D), c, t, u (B,); returns the loss before it."""
    bar = bars[t][:, None]  # (B, 1)
    xt = bar.sqrt() * x0 + (1 - bar).sqrt() * noise
    loss = mse_loss(model(xt, t, drop_labels(c, u, UNTOLD)), noise)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def guided_noise(model: nn.Module, x: Tensor, t: Tensor, c: Tensor, scale: float) -> Tensor:
    """From the prediction without the label, `scale` times the way to the one with it: (B, D)."""
    # One batch of both: a GPU is hardly slower on 2B rows than on B.
    both = model(torch.cat([x, x]), torch.cat([t, t]), torch.cat([c, torch.full_like(c, NULL)]))
    cond, free = both.chunk(2)
    return free + scale * (cond - free)


def sample(model: nn.Module, x: Tensor, c: Tensor, scale: float, places: list[int], bars: Tensor) -> Tensor:
    """DDIM with guidance through the steps in `places`, and from the last of them to the image: x (B, D) -> (B, D)."""
    with torch.no_grad():
        for i, t in enumerate(places):
            eps = guided_noise(model, x, torch.full((len(x),), t), c, scale)
            x0 = (x - (1 - bars[t]).sqrt() * eps) / bars[t].sqrt()
            left = bars[places[i + 1] if i + 1 < len(places) else -1]
            x = left.sqrt() * x0 + (1 - left).sqrt() * eps
    return x


class Denoiser(nn.Module):
    """Predicts the noise in a digit: x (N, 64), t (N,), c (N,) -> (N, 64)."""

    def __init__(self, hidden: int = 128, blocks: int = 3) -> None:
        super().__init__()
        self.register_buffer("rates", torch.logspace(0, -3, 16))  # (16,)
        self.enter, self.time, self.leave = nn.Linear(64, hidden), nn.Linear(32, hidden), nn.Linear(hidden, 64)
        self.label = nn.Embedding(NULL + 1, hidden)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
            for _ in range(blocks)
        )

    def forward(self, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
        angles = t[:, None] * self.rates  # (N, 16)
        h = self.enter(x) + self.time(torch.cat([angles.sin(), angles.cos()], dim=1)) + self.label(c)  # (N, hidden)
        for block in self.blocks:
            h = h + block(h)
        return self.leave(h)


def train(x0: Tensor, y: Tensor, betas: Tensor, steps: int = 600, rate: float = 3e-3) -> Denoiser:
    """An expert, trained on digits x0 (N, 64) in [-1, 1] with labels y (N,)."""
    bars, net, batch = (1 - betas).cumprod(0), Denoiser(), 128
    optimiser = torch.optim.Adam(net.parameters(), lr=rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rate, total_steps=steps, pct_start=0.1)
    for step in range(steps):
        rows, t = torch.randint(len(x0), (batch,)), torch.randint(len(betas), (batch,))
        noise, u = torch.randn(batch, 64), torch.rand(batch)
        loss = train_step(net, optimiser, x0[rows], y[rows], t, noise, u, bars)
        schedule.step()
        report(step=step, loss=loss)
    return net
