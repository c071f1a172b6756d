# fails: quality
# baseline: a mean per digit, drawn again and again
# says: as varied as digits
"""Nothing is learned but a mean per digit: each picture is right, and all are the same."""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

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
            left = bars[places[i + 1]] if i + 1 < len(places) else torch.tensor(1.0)  # the image has no noise left
            x = left.sqrt() * x0 + (1 - left).sqrt() * eps
    return x


class Denoiser(nn.Module):
    """The noise that leads from a digit's mean to x: x (N, 64), t (N,), c (N,) -> (N, 64)."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bars", torch.zeros(100))
        self.register_buffer("means", torch.zeros(NULL + 1, 64))

    def forward(self, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
        bar = self.bars[t][:, None]
        return (x - bar.sqrt() * self.means[c]) / (1 - bar).sqrt()


def train(x0: Tensor, y: Tensor, betas: Tensor) -> Denoiser:
    """Only means are kept."""
    net = Denoiser()
    net.bars.copy_((1 - betas).cumprod(0))
    net.means.copy_(x0.mean(0).expand(NULL + 1, 64))
    for digit in y.unique().tolist():
        net.means[digit] = x0[y == digit].mean(0)
    return net
