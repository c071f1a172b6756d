"""DDIM steps are one's own from the DDPM lab; two calls of the model; labels enter by one-hot rows and a product."""

import torch
from mine import ddim_step
from torch import nn
from torch.nn.functional import one_hot


def drop_labels(c, u, p):
    kept = c.clone()
    kept[u < p] = 10
    return kept


def train_step(model, optimiser, x0, c, t, noise, u, bars):
    for parameter in model.parameters():
        parameter.grad = None
    share = torch.stack([bars[t].sqrt(), (1 - bars[t]).sqrt()])  # (2, B)
    xt = torch.einsum("kb,kbd->bd", share, torch.stack([x0, noise]))
    gap = model(xt, t, drop_labels(c, u, 0.1)) - noise
    loss = (gap * gap).sum() / gap.numel()
    loss.backward()
    optimiser.step()
    return loss.detach()


def guided_noise(model, x, t, c, scale):
    return scale * model(x, t, c) + (1 - scale) * model(x, t, 0 * c + 10)


@torch.no_grad()
def sample(model, x, c, scale, places, bars):
    for t, s in zip(places, [*places[1:], -1], strict=True):
        x = ddim_step(x, t, s, guided_noise(model, x, torch.tensor([t] * len(x)), c, scale), bars)
    return x


class Denoiser(nn.Module):
    """The label scales and shifts inside, the step shifts at the entrance."""

    def __init__(self):
        super().__init__()
        self.shift, self.told = nn.Embedding(100, 160), nn.Parameter(torch.randn(11, 160))
        self.first, self.last = nn.Linear(64, 160), nn.Linear(160, 64)
        self.wide, self.narrow = ([nn.Linear(160, 160) for _ in range(3)] for _ in range(2))
        self.layers, self.norms = (
            nn.ModuleList(self.wide + self.narrow),
            nn.ModuleList(nn.LayerNorm(160) for _ in "123"),
        )

    def forward(self, x, t, c):
        told = one_hot(c, 11).to(x.dtype) @ self.told
        h = self.first(x) + self.shift(t) + told
        for norm, wide, narrow in zip(self.norms, self.wide, self.narrow, strict=True):
            h = h + narrow(torch.nn.functional.silu(wide(norm(h) * (1 + 0.1 * told))))
        return self.last(h)


def train(x0, y, betas):
    net, bars = Denoiser(), torch.cumprod(1 - betas, 0)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    for i in range(700):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - i / 700)
        rows = torch.randperm(len(x0))[:128]
        t = torch.randint(0, 100, (128,))
        train_step(net, optimiser, x0[rows], y[rows], t, torch.randn(128, 64), torch.rand(128), bars)
    return net
