"""The jump is one's own from the forward lab; the network corrects the best guess and is an average over training."""

import torch
from mine import alpha_bars, q_sample
from torch import Tensor, nn


def noise_loss(model, x0, t, noise, bars):
    xt = q_sample(x0[:, None, None, :], t, noise[:, None, None, :], bars)[:, 0, 0]
    gap = model(xt, t) - noise
    return torch.einsum("bd,bd->", gap, gap) / gap.numel()


def train_step(model, optimiser, x0, t, noise, bars):
    for p in model.parameters():
        p.grad = None
    value = noise_loss(model, x0, t, noise, bars)
    value.backward()
    optimiser.step()
    return value.detach()


def posterior_variance(betas):
    bars = alpha_bars(betas)
    variance = torch.zeros_like(betas)
    variance[1:] = betas[1:] * (1 - bars[:-1]) / (1 - bars[1:])
    return variance


def ddpm_step(x, t, eps, z, betas, variance="beta"):
    bars = alpha_bars(betas)
    x0 = (x - (1 - bars[t]).sqrt() * eps) / bars[t].sqrt()
    earlier = bars[t - 1] if t > 0 else torch.tensor(1.0)
    # The posterior's mean, as equation 7 of the paper has it: a mixture of the estimated image and the state.
    mean = earlier.sqrt() * betas[t] / (1 - bars[t]) * x0 + (1 - betas[t]).sqrt() * (1 - earlier) / (1 - bars[t]) * x
    widths = {"beta": betas, "posterior": posterior_variance(betas)}[variance]
    return mean + (t > 0) * widths[t] ** 0.5 * z


def ddim_step(x, t, s, eps, bars):
    padded = torch.cat([torch.ones(1), bars])  # entry s + 1 is what is left at step s
    signal, noise = (padded[s + 1] / padded[t + 1]).sqrt(), (1 - padded[[s + 1, t + 1]]).sqrt()
    return signal * x + (noise[0] - signal * noise[1]) * eps


@torch.no_grad()
def sample(model, x, noises, betas):
    t = len(betas) - 1
    while t >= 0:
        x = ddpm_step(x, t, model(x, torch.tensor([t] * len(x))), noises[t], betas)
        t -= 1
    return x


class EpsNet(nn.Module):
    """Corrects x·√(1 − ᾱ), with an embedding per step."""

    def __init__(self):
        super().__init__()
        self.register_buffer("bars", torch.ones(100))
        self.time = nn.Embedding(100, 192)
        self.first, self.second, self.third = nn.Linear(64, 192), nn.Linear(192, 192), nn.Linear(192, 192)
        self.last = nn.Linear(192, 64)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = torch.nn.functional.silu(self.first(x) + self.time(t))
        for layer in (self.second, self.third):
            h = h + torch.nn.functional.silu(layer(torch.nn.functional.layer_norm(h, (192,))))
        return x * (1 - self.bars[t])[:, None].sqrt() + self.last(h)


def train(x0, betas):
    bars = alpha_bars(betas)
    net, mean = EpsNet(), EpsNet()
    net.bars.copy_(bars)
    mean.load_state_dict(net.state_dict())
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3)
    for i in range(800):
        optimiser.param_groups[0]["lr"] = 3e-3 if i < 500 else 6e-4
        rows, t = torch.randint(len(x0), (128,)), torch.randint(100, (128,))
        train_step(net, optimiser, x0[rows], t, torch.randn(128, 64), bars)
        with torch.no_grad():
            for average, p in zip(mean.parameters(), net.parameters(), strict=True):
                average.lerp_(p, max(0.02, 1 / (i + 1)))
    return mean
