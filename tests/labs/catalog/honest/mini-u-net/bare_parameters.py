"""No modules inside: the arrays are parameters, the network is one function of them. Pixels are repeated by hand."""

import torch
from torch import nn
from torch.nn.functional import conv2d, group_norm, linear, silu


def shapes_of(w):
    block = {"enc0": (w, w), "enc1": (w, 2 * w), "mid": (2 * w, 2 * w), "dec1": (4 * w, 2 * w), "dec0": (2 * w, w)}
    shapes = {"time_in": (4 * w, w), "time_out": (4 * w, 4 * w), "conv_in": (w, 1, 3, 3), "conv_out": (1, w, 3, 3)}
    shapes |= {"down0.conv": (w, w, 3, 3), "down1.conv": (2 * w, 2 * w, 3, 3), "norm_out": (w,)}
    shapes |= {"up1.conv": (2 * w, 2 * w, 3, 3), "up0.conv": (w, 2 * w, 3, 3)}
    for name, (c_in, c_out) in block.items():
        shapes |= {f"{name}.norm1": (c_in,), f"{name}.norm2": (c_out,), f"{name}.time": (c_out, 4 * w)}
        shapes |= {f"{name}.conv1": (c_out, c_in, 3, 3), f"{name}.conv2": (c_out, c_out, 3, 3)}
        if c_in != c_out:
            shapes[f"{name}.shortcut"] = (c_out, c_in, 1, 1)
    return shapes


class MiniUNet(nn.Module):
    def __init__(self, width, groups):
        super().__init__()
        self.width, self.groups = width, groups
        for name, shape in shapes_of(width).items():
            fan_in = max(1, torch.Size(shape[1:]).numel())
            weight = torch.ones(shape) if len(shape) == 1 else torch.randn(shape) / fan_in**0.5
            self.register_parameter(f"{name}/weight".replace(".", "/"), nn.Parameter(weight))
            self.register_parameter(f"{name}/bias".replace(".", "/"), nn.Parameter(torch.zeros(shape[0])))

    def of(self, name):
        key = name.replace(".", "/")
        return getattr(self, f"{key}/weight"), getattr(self, f"{key}/bias")

    def conv(self, name, x, **options):
        weight, bias = self.of(name)
        return conv2d(x, weight, bias, padding=weight.size(-1) // 2, **options)

    def norm(self, name, x):
        return silu(group_norm(x, self.groups, *self.of(name)))

    def block(self, name, x, time):
        h = self.conv(f"{name}.conv1", self.norm(f"{name}.norm1", x))
        h = h + linear(time, *self.of(f"{name}.time")).unsqueeze(-1).unsqueeze(-1)
        h = self.conv(f"{name}.conv2", self.norm(f"{name}.norm2", h))
        return h + (self.conv(f"{name}.shortcut", x) if hasattr(self, f"{name}/shortcut/weight") else x)

    def up(self, name, x, skip):
        x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)[..., : skip.size(2), : skip.size(3)]
        return torch.cat((self.conv(f"{name}.conv", x), skip), 1)

    def forward(self, x, sigma, skips=True):
        angle = torch.outer(100 * sigma, torch.logspace(0, -4, self.width // 2 + 1)[:-1])
        time = silu(linear(torch.cat((angle.sin(), angle.cos()), 1), *self.of("time_in")))
        time = silu(linear(time, *self.of("time_out")))
        high = self.block("enc0", self.conv("conv_in", x), time)
        low = self.block("enc1", self.conv("down0.conv", high, stride=2), time)
        h = self.block("mid", self.conv("down1.conv", low, stride=2), time)
        if not skips:
            high, low = (torch.zeros(s.shape) for s in (high, low))
        h = self.block("dec1", self.up("up1", h, low), time)
        h = self.block("dec0", self.up("up0", h, high), time)
        return x - sigma.reshape(-1, 1, 1, 1) * self.conv("conv_out", self.norm("norm_out", h))


def load_weights(model, weights):
    with torch.no_grad():
        for name, array in weights.items():
            getattr(model, name.replace(".", "/")).copy_(array)


def train_step(model, optimiser, clean, sigma, noise):
    optimiser.zero_grad(set_to_none=False)
    answer = model(clean + sigma.reshape(-1, 1, 1, 1) * noise, sigma)
    loss = torch.mean((clean - answer) ** 2)
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def fit(model, clean):
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.0)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 200)
    order = torch.cat([torch.randperm(len(clean)) for _ in range(3)])
    for rows in order.split(24)[:200]:
        train_step(model, optimiser, clean[rows], 0.1 + 0.9 * torch.rand(24), torch.randn(24, 1, 16, 16))
        falling.step()
