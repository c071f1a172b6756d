"""torch's own MultiheadAttention, whose biases of queries, keys and values stay at zero; a few levels weigh more."""

import torch
from torch import Tensor, nn
from torch.nn import functional

ANGLES = torch.linspace(0.2, 1.5, 8)


def to_sequences(h, frames) -> Tensor:
    clips = torch.stack(h.split(frames))  # (B, F, C, Y, X)
    return clips.movedim((1, 2), (-2, -1)).flatten(0, 2)


def to_frames(rows, height, width) -> Tensor:
    clips = rows.view(-1, height, width, *rows.shape[1:]).movedim((-2, -1), (1, 2))
    return torch.cat(list(clips))


class TemporalAttention(nn.Module):
    def __init__(self, channels, heads, frames) -> None:
        super().__init__()
        self.frames = frames
        self.norm = nn.LayerNorm(channels)
        self.places = nn.Embedding(frames, channels)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.attention.in_proj_bias.requires_grad_(requires_grad=False)
        nn.init.normal_(self.places.weight, std=0.01)
        nn.init.zeros_(self.attention.out_proj.weight)
        nn.init.zeros_(self.attention.out_proj.bias)

    def forward(self, h) -> Tensor:
        y = self.norm(to_sequences(h, self.frames)) + self.places(torch.arange(self.frames))
        update, _ = self.attention(y, y, y, need_weights=False)
        return h + to_frames(update, *h.shape[2:])


def load_weights(layer, weights) -> None:
    attention = layer.attention
    with torch.no_grad():
        for parameter, value in (
            (layer.norm.weight, weights["gain"]),
            (layer.norm.bias, weights["shift"]),
            (layer.places.weight, weights["positions"]),
            (attention.in_proj_weight, torch.cat([weights[name] for name in ("wq", "wk", "wv")])),
            (attention.out_proj.weight, weights["wo"]),
            (attention.out_proj.bias, weights["bo"]),
        ):
            parameter.copy_(value)


def read_weights(layer) -> dict:
    projections = layer.attention.in_proj_weight.detach().clone().chunk(3)
    found = dict(zip(("wq", "wk", "wv"), projections, strict=True))
    found |= {"gain": layer.norm.weight, "shift": layer.norm.bias, "positions": layer.places.weight}
    found |= {"wo": layer.attention.out_proj.weight, "bo": layer.attention.out_proj.bias}
    return {name: value.detach().clone() for name, value in found.items()}


class VideoDenoiser(nn.Module):
    def __init__(self, image, layers) -> None:
        super().__init__()
        self.image, self.layers = image, nn.ModuleList(layers)
        image.requires_grad_(requires_grad=False)

    def forward(self, x, t) -> Tensor:
        frames = x.size(2)
        h = self.image.stem(torch.cat([clip.transpose(0, 1) for clip in x]))
        for block, layer in zip(self.image.blocks, self.layers, strict=True):
            h = layer(block(h, t.repeat_interleave(frames)))
        return torch.stack([part.transpose(0, 1) for part in self.image.head(h).split(frames)])


def train_step(model, optimiser, clean, t, noise) -> float:
    cosine, sine = (part.view(-1, 1, 1, 1, 1) for part in (ANGLES[t].cos(), ANGLES[t].sin()))
    loss = functional.mse_loss(model(torch.addcmul(cosine * clean, sine, noise), t), clean)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    return float(loss)


def train(image, clips) -> list:
    layers = [TemporalAttention(16, 2, 8) for _ in range(2)]
    model = VideoDenoiser(image, layers)
    learning = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(learning, lr=2e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 100)
    for batch in torch.randint(len(clips), (100, 8)):
        clean = clips[batch]
        train_step(model, optimiser, clean, torch.randint(1, 6, (8,)), torch.randn_like(clean))
        schedule.step()
    return [read_weights(layer) for layer in layers]


@torch.no_grad()
def sample(model, noise) -> Tensor:
    x = noise
    for level in range(len(ANGLES))[::-1]:
        clean = model(x, torch.full((x.size(0),), level))
        if not level:
            return clean
        eps = (x - ANGLES[level].cos() * clean) / ANGLES[level].sin()
        x = ANGLES[level - 1].cos() * clean + ANGLES[level - 1].sin() * eps
    raise AssertionError
