"""Bare parameters and einsum; clips keep their five axes; Adam at one rate, similar frames preferred from the start."""

import math

import torch
from torch import Tensor, nn

ANGLES = torch.linspace(0.2, 1.5, 8)
NAMES = ["gain", "shift", "positions", "wq", "wk", "wv", "wo", "bo"]


def to_sequences(h, frames) -> Tensor:
    clips = h.reshape(h.shape[0] // frames, frames, *h.shape[1:])
    return torch.einsum("bfcyx->byxfc", clips).reshape(-1, frames, h.shape[1])


def to_frames(rows, height, width) -> Tensor:
    _, frames, channels = rows.shape
    clips = rows.reshape(-1, height, width, frames, channels)
    return torch.einsum("byxfc->bfcyx", clips).reshape(-1, channels, height, width)


class TemporalAttention(nn.Module):
    def __init__(self, channels, heads, frames) -> None:
        super().__init__()
        self.heads = heads
        self.gain, self.shift = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.positions = nn.Parameter(0.02 * torch.randn(frames, channels))
        self.wq, self.wk, self.wv = (
            nn.Parameter(torch.randn(channels, channels) / math.sqrt(channels)) for _ in range(3)
        )
        self.wo, self.bo = nn.Parameter(torch.zeros(channels, channels)), nn.Parameter(torch.zeros(channels))
        self.wk.data.copy_(self.wq)

    def forward(self, h) -> Tensor:
        n, channels, height, width = h.shape
        frames = len(self.positions)
        clips = h.view(n // frames, frames, channels, height, width).permute(0, 1, 3, 4, 2)  # (B, F, Y, X, C)
        centred = clips - clips.mean(-1, keepdim=True)
        y = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * self.gain + self.shift
        y = y + self.positions[:, None, None]
        q, k, v = (
            torch.einsum("bfyxc,oc->bfyxo", y, w).unflatten(-1, (self.heads, -1)) for w in (self.wq, self.wk, self.wv)
        )
        scores = torch.einsum("bfyxhd,bgyxhd->byxhfg", q, k) * q.shape[-1] ** -0.5
        mixed = torch.einsum("byxhfg,bgyxhd->bfyxhd", torch.softmax(scores, dim=-1), v).flatten(-2)
        update = torch.einsum("bfyxc,oc->bfoyx", mixed, self.wo) + self.bo[:, None, None]
        return h + update.reshape(h.shape)


def load_weights(layer, weights) -> None:
    layer.load_state_dict(weights)


def read_weights(layer) -> dict:
    return {name: getattr(layer, name).detach().clone() for name in NAMES}


class VideoDenoiser(nn.Module):
    def __init__(self, image, layers) -> None:
        super().__init__()
        for parameter in image.parameters():
            parameter.requires_grad = False
        self.image, self.layers = image, nn.ModuleList(layers)

    def forward(self, x, t) -> Tensor:
        clips, _, frames, height, width = x.shape
        levels = t[:, None].expand(-1, frames).reshape(-1)
        h = self.image.stem(x.permute(0, 2, 1, 3, 4).reshape(-1, 1, height, width))
        for at, layer in enumerate(self.layers):
            h = layer(self.image.blocks[at](h, levels))
        return self.image.head(h).reshape(clips, frames, 1, height, width).permute(0, 2, 1, 3, 4)


def mixed(clean, t, noise) -> Tensor:
    angle = ANGLES[t][:, None, None, None, None]
    return angle.cos() * clean + angle.sin() * noise


def train_step(model, optimiser, clean, t, noise) -> Tensor:
    optimiser.zero_grad()
    loss = (model(mixed(clean, t, noise), t) - clean).pow(2).mean()
    loss.backward()
    optimiser.step()
    return loss.detach()


def train(image, clips) -> list:
    layers = [TemporalAttention(image.inlet.out_channels, 2, clips.size(2)) for _ in range(len(image.blocks))]
    model = VideoDenoiser(image, layers)
    optimiser = torch.optim.Adam(model.layers.parameters(), lr=1e-2)
    for _ in range(130):
        clean = clips[torch.randperm(len(clips))[:8]]
        train_step(model, optimiser, clean, torch.randint(8, (8,)), torch.randn(clean.shape))
    return [read_weights(layer) for layer in layers]


def sample(model, noise) -> Tensor:
    x = noise
    with torch.no_grad():
        for level in range(7, 0, -1):
            clean = model(x, torch.full(x.shape[:1], level, dtype=torch.long))
            rest = (x - clean * ANGLES[level].cos()) / ANGLES[level].sin()
            x = mixed(clean, torch.full(x.shape[:1], level - 1), rest)
        return model(x, torch.zeros(len(x), dtype=torch.long))
