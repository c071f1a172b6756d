# fails: frozen, steps, consistent
# says: Trainable numbers
"""The image model learns as well."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from gpu_runner.live import report

ANGLES = torch.linspace(0.2, 1.5, 8)  # level t mixes cos(ANGLES[t]) of the clip with sin(ANGLES[t]) of noise


def to_sequences(h: Tensor, frames: int) -> Tensor:
    """(B·F, C, Y, X) -> (B·Y·X, F, C): a sequence of frames for each pixel."""
    return h.unflatten(0, (-1, frames)).permute(0, 3, 4, 1, 2).flatten(0, 2)


def to_frames(rows: Tensor, height: int, width: int) -> Tensor:
    """(B·Y·X, F, C) -> (B·F, C, Y, X)."""
    return rows.unflatten(0, (-1, height, width)).permute(0, 3, 4, 1, 2).flatten(0, 1)


class TemporalAttention(nn.Module):
    """Every pixel looks at the same pixel of all frames; a fresh layer adds nothing."""

    def __init__(self, channels: int, heads: int, frames: int) -> None:
        super().__init__()
        self.heads, self.frames = heads, frames
        self.norm = nn.LayerNorm(channels)
        self.positions = nn.Parameter(torch.zeros(frames, channels))
        self.qkv = nn.Linear(channels, 3 * channels, bias=False)
        self.out = nn.Linear(channels, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, h: Tensor) -> Tensor:
        rows = self.norm(to_sequences(h, self.frames)) + self.positions  # (N, F, C), N = B·Y·X
        q, k, v = self.qkv(rows).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # each (N, H, F, C/H)
        weights = (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1)  # (N, H, F, F)
        mixed = (weights @ v).transpose(1, 2).flatten(2)  # (N, F, C)
        return h + to_frames(self.out(mixed), h.size(2), h.size(3))


@torch.no_grad()
def load_weights(layer: TemporalAttention, weights: dict[str, Tensor]) -> None:
    layer.norm.weight.copy_(weights["gain"])
    layer.norm.bias.copy_(weights["shift"])
    layer.positions.copy_(weights["positions"])
    layer.qkv.weight.copy_(torch.cat([weights["wq"], weights["wk"], weights["wv"]]))
    layer.out.weight.copy_(weights["wo"])
    layer.out.bias.copy_(weights["bo"])


def read_weights(layer: TemporalAttention) -> dict[str, Tensor]:
    wq, wk, wv = layer.qkv.weight.detach().chunk(3)
    norm, out = layer.norm, layer.out
    held = {"gain": norm.weight, "shift": norm.bias, "positions": layer.positions, "wo": out.weight, "bo": out.bias}
    return {"wq": wq, "wk": wk, "wv": wv} | {name: parameter.detach() for name, parameter in held.items()}


class VideoDenoiser(nn.Module):
    """The image model, frozen, with a layer across frames behind each of its blocks."""

    def __init__(self, image: nn.Module, layers: list[nn.Module]) -> None:
        super().__init__()
        self.image, self.layers = image.requires_grad_(), nn.ModuleList(layers)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Noisy clips x (B, 1, F, S, S) at levels t (B,) -> clean clips."""
        clips, _, frames = x.shape[:3]
        levels = t.repeat_interleave(frames)
        h = self.image.stem(x.transpose(1, 2).flatten(0, 1))  # (B·F, C, Y, X)
        for block, layer in zip(self.image.blocks, self.layers, strict=True):
            h = layer(block(h, levels))
        return self.image.head(h).unflatten(0, (clips, frames)).transpose(1, 2)


def spread(angles: Tensor) -> Tensor:
    return angles.view(-1, 1, 1, 1, 1)


def train_step(model: nn.Module, optimiser: torch.optim.Optimizer, clean: Tensor, t: Tensor, noise: Tensor) -> float:
    """One step on the mean squared error of the clean clips; the loss is that from before it."""
    angle = spread(ANGLES[t])
    loss = functional.mse_loss(model(angle.cos() * clean + angle.sin() * noise, t), clean)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def train(image: nn.Module, clips: Tensor) -> list[dict[str, Tensor]]:
    """Teach fresh layers on clean clips (N, 1, F, S, S); their weights come back, in order."""
    steps, batch, rate = 120, 8, 1.5e-2
    channels, frames = image.inlet.out_channels, clips.size(2)
    layers = [TemporalAttention(channels, 2, frames) for _ in image.blocks]
    model = VideoDenoiser(image, layers)
    learning = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rate, total_steps=steps)
    for step in range(steps):
        clean = clips[torch.randint(len(clips), (batch,))]
        t = torch.randint(len(ANGLES), (batch,))  # a level for each clip
        report(step=step, loss=train_step(model, optimiser, clean, t, torch.randn_like(clean)))
        schedule.step()
    return [read_weights(layer) for layer in layers]


@torch.no_grad()
def sample(model: nn.Module, noise: Tensor) -> Tensor:
    """DDIM from the highest level down: noise (B, 1, F, S, S) -> clean clips."""
    x = noise
    for level in reversed(range(len(ANGLES))):
        clean = model(x, torch.full((len(x),), level))
        here = ANGLES[level]
        rest = (x - here.cos() * clean) / here.sin()  # the noise that is still in it
        x = clean if level == 0 else ANGLES[level - 1].cos() * clean + ANGLES[level - 1].sin() * rest
    return x
