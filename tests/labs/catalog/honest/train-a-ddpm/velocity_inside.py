"""The network estimates v = √ᾱ·ε − √(1 − ᾱ)·x₀ and derives the noise; ᾱ is its input; rows are noised one by one."""

import torch
from torch import nn


def noise_loss(model, x0, t, noise, bars):
    rows = [b**0.5 * x + (1 - b) ** 0.5 * e for x, e, b in zip(x0, noise, bars[t].tolist(), strict=True)]
    return (model(torch.stack(rows), t) - noise).pow(2).mean(dim=1).mean()


def train_step(model, optimiser, x0, t, noise, bars):
    optimiser.zero_grad(set_to_none=False)
    value = noise_loss(model, x0, t, noise, bars)
    value.backward()
    optimiser.step()
    return value.item()


def remaining(betas):
    return torch.exp(torch.log1p(-betas.double()).cumsum(0))


def posterior_variance(betas):
    bars = remaining(betas)
    return torch.stack(
        [betas[t] * (1 - (bars[t - 1] if t else 1.0)) / (1 - bars[t]) for t in range(len(betas))]
    ).float()


def ddpm_step(x, t, eps, z, betas, variance="beta"):
    bar = remaining(betas)[t].item()
    beta = betas[t].item()
    y = x.double() - beta * (1 - bar) ** -0.5 * eps.double()
    y *= (1 - beta) ** -0.5
    if t:
        y += (beta if variance == "beta" else posterior_variance(betas)[t].item()) ** 0.5 * z
    return y.float()


def ddim_step(x, t, s, eps, bars):
    bars = bars.tolist()
    image = (x - (1 - bars[t]) ** 0.5 * eps) * bars[t] ** -0.5
    left = 1.0 if s == -1 else bars[s]
    return left**0.5 * image + (1 - left) ** 0.5 * eps


def sample(model, x, noises, betas):
    for t, z in list(enumerate(noises))[::-1]:
        with torch.inference_mode():
            eps = model(x, x.new_full((x.size(0),), t, dtype=torch.int64))
        x = ddpm_step(x, t, eps.clone(), z, betas)
    return x


class EpsNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.bars = nn.Parameter(torch.full((100,), 0.5), requires_grad=False)
        self.body = nn.Sequential(
            nn.Linear(66, 256),
            nn.GELU(),
            nn.Linear(256, 256),
            nn.GELU(),
            nn.Linear(256, 256),
            nn.GELU(),
            nn.Linear(256, 64),
        )

    def forward(self, x, t):
        bar = self.bars[t][:, None]
        v = self.body(torch.cat([x, bar.sqrt(), (bar / (1 - bar)).log() / 4], dim=1))
        return (1 - bar).sqrt() * x + bar.sqrt() * v


def train(x0, betas):
    net, bars = EpsNet(), remaining(betas).float()
    net.bars.copy_(bars)
    steps = 700
    optimiser = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=2e-3)
    for i in range(steps):
        optimiser.param_groups[0]["lr"] = 2e-3 * (1 - i / steps)
        rows = torch.randperm(len(x0))[:128]
        train_step(net, optimiser, x0[rows], torch.randint(0, 100, (128,)), torch.randn(128, 64), bars)
    return net
