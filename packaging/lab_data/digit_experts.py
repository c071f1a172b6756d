"""Train two conditional denoisers, one for the digits 0 to 4 and one for 5 to 9, for labs that load experts.

    python packaging/lab_data/digit_experts.py labs/catalog/expert-planner/data

writes `experts.safetensors`: the `state_dict()` of both, each name behind `low.` or `high.`. They learn from the digits
of `train-a-ddpm`, with one label in ten dropped (label 10), for a hundred steps with beta from 0.001 to 0.12. Half a
minute on one thread; seeded, so that the same versions give the same bytes. Prints the SHA-256.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.functional import mse_loss

DIGITS = Path(__file__).parents[2] / "labs" / "catalog" / "train-a-ddpm" / "data" / "digits.bin"
FIRST = {"low": 0, "high": 5}
STEPS, BATCH, RATE, UNTOLD, NULL = 1500, 128, 3e-3, 0.1, 10


class Denoiser(nn.Module):
    """Predicts the noise in a digit: x (N, 64), t (N,), c (N,) -> (N, 64)."""

    rates: Tensor

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
        h: Tensor = self.enter(x) + self.time(torch.cat([angles.sin(), angles.cos()], dim=1)) + self.label(c)
        for block in self.blocks:
            h = h + block(h)
        out: Tensor = self.leave(h)
        return out


def trained(x0: Tensor, y: Tensor) -> Denoiser:
    """An expert for digits x0 (N, 64) with labels y (N,)."""
    bars, net = (1 - torch.linspace(1e-3, 0.12, 100)).cumprod(0), Denoiser()
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=STEPS, pct_start=0.1)
    for _ in range(STEPS):
        rows, t = torch.randint(len(x0), (BATCH,)), torch.randint(len(bars), (BATCH,))
        noise, u = torch.randn(BATCH, 64), torch.rand(BATCH)
        bar = bars[t][:, None]
        xt = bar.sqrt() * x0[rows] + (1 - bar).sqrt() * noise
        loss = mse_loss(net(xt, t, torch.where(u < UNTOLD, NULL, y[rows])), noise)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves Tensor.backward untyped
        optimiser.step()
        schedule.step()
    return net


def experts() -> dict[str, Tensor]:
    """Both trained networks, by name."""
    rows = torch.frombuffer(bytearray(DIGITS.read_bytes()), dtype=torch.uint8).view(-1, 65)
    x, y, found = rows[:, :64].float() / 8 - 1, rows[:, 64].long(), {}
    for name, first in FIRST.items():
        torch.manual_seed(first)
        ours = (y >= first) & (y < first + 5)
        state = trained(x[ours], y[ours]).state_dict()
        found.update({f"{name}.{part}": tensor for part, tensor in state.items()})
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    content = save(experts())
    (Path(sys.argv[1]) / "experts.safetensors").write_bytes(content)
    print(hashlib.sha256(content).hexdigest())
