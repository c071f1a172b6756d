"""Label and step are more inputs of a plain MLP that estimates v; labels dropped by arithmetic; leaps in one sum."""

from itertools import pairwise

import torch
from torch import nn


def drop_labels(c, u, p):
    out = (u < p).long()
    return out * 10 + (1 - out) * c


def train_step(model, optimiser, x0, c, t, noise, u, bars):
    optimiser.zero_grad(set_to_none=False)
    rows = [b**0.5 * x + (1 - b) ** 0.5 * e for x, e, b in zip(x0, noise, bars[t].tolist(), strict=True)]
    loss = (model(torch.stack(rows), t, drop_labels(c, u, 0.1)) - noise).pow(2).mean(dim=1).mean()
    loss.backward()
    optimiser.step()
    return loss.item()


def guided_noise(model, x, t, c, scale):
    both = model(x.repeat(2, 1), t.repeat(2), torch.cat([torch.full_like(c, 10), c]))
    return torch.lerp(both[: len(x)], both[len(x) :], scale)


def sample(model, x, c, scale, places, bars):
    left = torch.cat([torch.ones(1), bars]).double()  # entry s + 1 is what is left at step s
    with torch.inference_mode():
        for i in range(len(places)):
            now, then = places[i] + 1, (places[i + 1] if i + 1 < len(places) else -1) + 1
            signal = (left[then] / left[now]).sqrt()
            eps = guided_noise(model, x, x.new_full((len(x),), places[i], dtype=torch.int64), c, scale)
            x = (signal * x + ((1 - left[then]).sqrt() - signal * (1 - left[now]).sqrt()) * eps).float()
    return x.clone()


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.bars = nn.Parameter(torch.full((100,), 0.5), requires_grad=False)
        self.token = nn.Parameter(torch.randn(11, 16))
        widths = [82, 224, 224, 224, 64]
        layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
        self.body = nn.Sequential(*[part for layer in layers for part in (layer, nn.GELU())][:-1])

    def forward(self, x, t, c):
        bar = self.bars[t][:, None]
        v = self.body(torch.cat([x, bar.sqrt(), (bar / (1 - bar)).log() / 4, self.token[c]], dim=1))
        return (1 - bar).sqrt() * x + bar.sqrt() * v


def train(x0, y, betas):
    net, bars = Denoiser(), (1 - betas).cumprod(0)
    net.bars.copy_(bars)
    optimiser = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=2e-3)
    for i in range(600):
        optimiser.param_groups[0]["lr"] = 2e-3 * (1 - i / 600)
        rows = torch.randint(0, len(x0), (128,))
        case = x0[rows], y[rows], torch.randint(0, 100, (128,)), torch.randn(128, 64), torch.rand(128)
        train_step(net, optimiser, *case, bars)
    return net
