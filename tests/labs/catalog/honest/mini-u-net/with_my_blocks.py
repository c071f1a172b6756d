"""Built from the parts of the lab before, in lists of levels; trained with Adam and a falling rate."""

import torch
from mine import Down, ResBlock, Up, time_embedding
from torch import nn
from torch.nn.functional import mse_loss


class MiniUNet(nn.Module):
    def __init__(self, width, groups):
        super().__init__()
        time, widths = 4 * width, [width, 2 * width]
        self.width = width
        self.clock = nn.Sequential(nn.Linear(width, time), nn.SiLU(), nn.Linear(time, time))
        self.enter = nn.Conv2d(1, width, 3, padding="same")
        self.encoders = nn.ModuleList([ResBlock(width, width, time, groups), ResBlock(width, 2 * width, time, groups)])
        self.downs = nn.ModuleList([Down(w) for w in widths])
        self.middle = ResBlock(2 * width, 2 * width, time, groups)
        self.ups = nn.ModuleList([Up(2 * width, w) for w in widths])
        self.decoders = nn.ModuleList([ResBlock(2 * w, w, time, groups) for w in widths])
        self.leave = nn.Sequential(nn.GroupNorm(groups, width), nn.SiLU(), nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, x, sigma, skips=True):
        time, h, kept = self.clock(time_embedding(sigma * 100, self.width)), self.enter(x), []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            h = encoder(h, time)
            kept.append(h if skips else h * 0)
            h = down(h)
        h = self.middle(h, time)
        for level in (1, 0):
            h = self.decoders[level](self.ups[level](h, kept[level]), time)
        return torch.addcmul(x, sigma.view(-1, 1, 1, 1), self.leave(h), value=-1)


def load_weights(model, weights):
    names = {"time_in": "clock.0", "time_out": "clock.2", "conv_in": "enter", "mid": "middle"}
    names |= {"norm_out": "leave.0", "conv_out": "leave.2"}
    for level in (0, 1):
        names |= {f"enc{level}": f"encoders.{level}", f"dec{level}": f"decoders.{level}"}
        names |= {f"down{level}": f"downs.{level}", f"up{level}": f"ups.{level}"}
    renamed = {}
    for key, array in weights.items():
        first, _, rest = key.partition(".")
        renamed[f"{names[first]}.{rest}"] = array
    model.load_state_dict(renamed)


def train_step(model, optimiser, clean, sigma, noise):
    model.zero_grad()
    loss = mse_loss(model(torch.addcmul(clean, sigma.view(-1, 1, 1, 1), noise), sigma), clean)
    loss.backward()
    optimiser.step()
    return loss.item()


def fit(model, clean):
    steps = 130
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 4e-3 * min(1, step / 15, 1.5 * (1 - step / steps))
        images = clean[torch.randperm(len(clean))[:24]]
        train_step(model, optimiser, images, torch.empty(24).uniform_(0.1, 1.0), torch.randn(images.shape))
