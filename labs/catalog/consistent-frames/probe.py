"""How the checks reach into your file, and the image model that your layers go into.

Every function gets your module as `learner`. Nothing is compared here; that happens outside.
"""

from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 8
"""Noise levels: level t mixes cos(ANGLES[t]) of the picture with sin(ANGLES[t]) of noise."""
ANGLES = torch.linspace(0.2, 1.5, LEVELS)
WIDTH, BLOCKS, GROUPS = 16, 2, 4

Weights = dict[str, Tensor]


class Block(nn.Module):
    """A residual block that knows the noise level: h (N, C, Y, X), t (N,) -> like h."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Embedding(LEVELS, WIDTH)
        self.norm1, self.norm2 = nn.GroupNorm(GROUPS, WIDTH), nn.GroupNorm(GROUPS, WIDTH)
        self.conv1, self.conv2 = (nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in range(2))

    def forward(self, h: Tensor, t: Tensor) -> Tensor:
        inner = self.conv1(functional.silu(self.norm1(h))) + self.level(t)[:, :, None, None]
        return h + self.conv2(functional.silu(self.norm2(inner)))


class FrameDenoiser(nn.Module):
    """A trained image model: noisy pictures x (N, 1, 12, 12) at levels t (N,) -> clean pictures, each by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.inlet = nn.Conv2d(4, WIDTH, 3, padding=1)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm, self.outlet = nn.GroupNorm(GROUPS, WIDTH), nn.Conv2d(WIDTH, 4, 3, padding=1)

    def stem(self, x: Tensor) -> Tensor:
        """Squares of 2 × 2 pixels become channels: (N, 1, 12, 12) -> (N, C, 6, 6)."""
        return self.inlet(functional.pixel_unshuffle(x, 2))

    def head(self, h: Tensor) -> Tensor:
        """(N, C, 6, 6) -> (N, 1, 12, 12)."""
        return functional.pixel_shuffle(self.outlet(functional.silu(self.norm(h))), 2)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = self.stem(x)
        for block in self.blocks:
            h = block(h, t)
        return self.head(h)


def image_model(weights: Weights) -> FrameDenoiser:
    image = FrameDenoiser()
    image.load_state_dict(weights)
    return image


def fresh_layers(learner: ModuleType, frames: int) -> list[nn.Module]:
    return [learner.TemporalAttention(channels=WIDTH, heads=2, frames=frames) for _ in range(BLOCKS)]


def loaded_layers(learner: ModuleType, layers: list[Weights]) -> list[nn.Module]:
    made = fresh_layers(learner, len(layers[0]["positions"]))
    for layer, weights in zip(made, layers, strict=True):
        learner.load_weights(layer, weights)
    return made


def video_model(learner: ModuleType, image: FrameDenoiser, layers: list[Weights]) -> nn.Module:
    return learner.VideoDenoiser(image, loaded_layers(learner, layers))


def folds(learner: ModuleType, h: Tensor, frames: int) -> dict[str, Tensor]:
    """There, and back from what should be there."""
    rows = learner.to_sequences(h, frames)
    return {"rows": rows, "back": learner.to_frames(rows.clone(), h.size(2), h.size(3))}


@torch.no_grad()
def moved(learner: ModuleType, config: dict[str, int], weights: Weights, inputs: list[Tensor]) -> list[Tensor]:
    """The layer's answers to each of the inputs (B·F, C, Y, X)."""
    layer = learner.TemporalAttention(**config)
    learner.load_weights(layer, weights)
    return [layer.eval()(h) for h in inputs]


def returned(learner: ModuleType, config: dict[str, int], weights: Weights) -> Weights:
    """What read_weights says after load_weights."""
    layer = learner.TemporalAttention(**config)
    learner.load_weights(layer, weights)
    return dict(learner.read_weights(layer))


def fresh(learner: ModuleType, image: Weights, x: Tensor, t: Tensor) -> dict[str, object]:
    """A video model with fresh layers: its answer, and how many numbers of it are trainable."""
    model = learner.VideoDenoiser(image_model(image), fresh_layers(learner, x.size(2)))
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    with torch.no_grad():
        return {"y": model(x, t), "trainable": trainable}


@torch.no_grad()
def denoised(learner: ModuleType, image: Weights, layers: list[Weights], x: Tensor, t: Tensor) -> Tensor:
    return video_model(learner, image_model(image), layers)(x, t)


def walk(
    learner: ModuleType, image: Weights, layers: list[Weights], batches: list[list[Tensor]], lr: float
) -> dict[str, object]:
    """Steps of plain SGD over what is trainable: losses, the layers' weights, and those of the image model."""
    base = image_model(image)
    made = loaded_layers(learner, layers)
    model = learner.VideoDenoiser(base, made)
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr)
    losses = [float(learner.train_step(model, optimiser, *batch)) for batch in batches]
    after = {str(at): dict(learner.read_weights(layer)) for at, layer in enumerate(made)}
    return {"losses": torch.tensor(losses), "layers": after, "image": dict(base.state_dict())}


def sample(learner: ModuleType, image: Weights, layers: list[Weights], noise: Tensor) -> Tensor:
    return learner.sample(video_model(learner, image_model(image), layers).eval(), noise).detach()


def learn(learner: ModuleType, image: Weights, clips: Tensor) -> dict[str, Weights]:
    """The whole training on clean clips (N, 1, F, S, S): the weights of every layer."""
    return {str(at): dict(weights) for at, weights in enumerate(learner.train(image_model(image), clips))}
