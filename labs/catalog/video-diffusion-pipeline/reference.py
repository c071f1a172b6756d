"""The pipeline in formulas, in any dtype; the fields of `Recipe` are what people get wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

import encoders
from unet import Weights, predict

TRAIN_STEPS = 1000


@dataclass(frozen=True)
class Models:
    """Four state dicts; of the VAE only the decoder's."""

    unet: Weights
    motion: Weights
    vae: Weights
    text: Weights

    def double(self) -> "Models":
        return Models(*({name: tensor.double() for name, tensor in part.items()} for part in self.parts().values()))

    def parts(self) -> dict[str, Weights]:
        return {"unet": self.unet, "motion": self.motion, "vae": self.vae, "text": self.text}

    def video(self) -> Weights:
        """The image U-Net with the adapter's modules in it: their names never meet."""
        return self.unet | self.motion


class Settings(NamedTuple):
    """The first and the last beta, and the scale of the latents."""

    betas: tuple[float, float]
    scaling: float


class Setup(NamedTuple):
    models: Models
    settings: Settings


class Run(NamedTuple):
    """latents (B, 4, F, 8, 8), prompts (2B, L, E), the negative half first."""

    latents: Tensor
    prompts: Tensor
    steps: int
    scale: float


def linear_bars(first: float, last: float) -> Tensor:
    return (1 - torch.linspace(first, last, TRAIN_STEPS, dtype=torch.float64)).cumprod(0)


def scaled_linear_bars(first: float, last: float) -> Tensor:
    """The image model's own schedule: linear in the roots."""
    return (1 - torch.linspace(first**0.5, last**0.5, TRAIN_STEPS, dtype=torch.float64) ** 2).cumprod(0)


def guided(negative: Tensor, prompted: Tensor, scale: float) -> Tensor:
    return negative + scale * (prompted - negative)


@dataclass(frozen=True)
class Recipe:
    """The contract by default."""

    bars: Callable[[float, float], Tensor] = linear_bars
    offset: int = 1
    clipped: bool = False
    moved: bool = True
    combined: Callable[[Tensor, Tensor, float], Tensor] = guided
    repeated: Callable[[Tensor, int], Tensor] = lambda prompts, frames: prompts.repeat_interleave(frames, dim=0)
    halved: Callable[[Tensor], tuple[Tensor, Tensor]] = lambda prompts: prompts.chunk(2)
    quietened: bool = True

    def timesteps(self, steps: int) -> list[int]:
        return [at * (TRAIN_STEPS // steps) + self.offset for at in reversed(range(steps))]

    def noise(self, setup: Setup, x: Tensor, t: int, run: Run) -> Tensor:
        """What the video U-Net predicts, without and with the prompt, combined."""
        w = setup.models.video() if self.moved else setup.models.unet
        time = torch.tensor(t)
        halves = (self.repeated(half, x.size(2)) for half in self.halved(run.prompts))
        negative, prompted = (predict(w, x, time, half) for half in halves)
        return self.combined(negative, prompted, run.scale)

    def ddim(self, setup: Setup, run: Run) -> Tensor:
        bars, x = self.bars(*setup.settings.betas), run.latents
        for t in self.timesteps(run.steps):
            e, bar = self.noise(setup, x, t, run), bars[t]
            before = t - TRAIN_STEPS // run.steps
            next_bar = bars[before] if before >= 0 else torch.ones(())
            clean = (x - (1 - bar).sqrt() * e) / bar.sqrt()
            clean = clean.clamp(-1, 1) if self.clipped else clean
            x = next_bar.sqrt() * clean + (1 - next_bar).sqrt() * e
        return x

    def sigmas(self, setup: Setup, steps: int) -> Tensor:
        """Noise over signal at each step, and zero in the end: (steps + 1,)."""
        bars = self.bars(*setup.settings.betas)[self.timesteps(steps)]
        return torch.cat([((1 - bars) / bars).sqrt(), bars.new_zeros(1)])

    def euler(self, setup: Setup, run: Run) -> Tensor:
        x, sigmas = run.latents, self.sigmas(setup, run.steps)
        for at, t in enumerate(self.timesteps(run.steps)):
            shown = x / (sigmas[at] ** 2 + 1).sqrt() if self.quietened else x
            x = x + (sigmas[at + 1] - sigmas[at]) * self.noise(setup, shown, t, run)
        return x

    def loop(self, kind: str, setup: Setup, run: Run) -> Tensor:
        return (self.ddim if kind == "ddim" else self.euler)(setup, run)

    def loudness(self, kind: str, setup: Setup, steps: int) -> float:
        """The standard deviation from which a scheduler starts."""
        return 1.0 if kind == "ddim" else (self.sigmas(setup, steps).max() ** 2 + 1).sqrt().item()


def decode(setup: Setup, latents: Tensor, scaling: float | None = None) -> Tensor:
    """Latents (B, 4, F, 8, 8) -> frames (B, 3, F, 16, 16)."""
    folded = latents.transpose(1, 2).flatten(0, 1) / (scaling or setup.settings.scaling)
    return encoders.decode(setup.models.vae, folded).unflatten(0, (len(latents), -1)).transpose(1, 2)


def frames_of(video: Tensor) -> Tensor:
    """Frames (B, 3, F, H, W) in [-1, 1] -> whole numbers (B, F, H, W, 3) from 0 to 255."""
    return ((video / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 4, 1)


def budget(
    frames: int, height: int, width: int, factor: int, channels: int, steps: int, scale: float
) -> dict[str, int]:
    pixels = (height // factor) * (width // factor)
    return {
        "latent_values": channels * frames * pixels,
        "unet_frames": steps * frames * (2 if scale > 1 else 1),
        "spatial_scores": frames * pixels**2,
        "temporal_scores": pixels * frames**2,
        "joint_scores": (frames * pixels) ** 2,
        "rgb_bytes": 3 * frames * height * width,
    }
