"""Fine-tuning in formulas, in any dtype; the fields of `Recipe` are what people get wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from encoders import posterior, read_prompts
from unet import Weights, predict

STEPS, FIRST_BETA, LAST_BETA = 1000, 0.00085, 0.012
BETAS = torch.linspace(FIRST_BETA**0.5, LAST_BETA**0.5, STEPS, dtype=torch.float64) ** 2
BARS = (1 - BETAS).cumprod(0)


def bars_at(t: Tensor) -> Tensor:
    return BARS[t][:, None, None, None]


@dataclass(frozen=True)
class Models:
    """Three state dicts; of the VAE only the encoder's."""

    unet: Weights
    vae: Weights
    text: Weights

    def double(self) -> "Models":
        return Models(*({name: tensor.double() for name, tensor in part.items()} for part in self.parts().values()))

    def parts(self) -> dict[str, Weights]:
        return {"unet": self.unet, "vae": self.vae, "text": self.text}


@dataclass(frozen=True)
class Batch:
    """latents (B, 4, 8, 8), prompts (B, L, E), t (B,), noise like the latents."""

    latents: Tensor
    prompts: Tensor
    t: Tensor
    noise: Tensor

    def tensors(self) -> list[Tensor]:
        return [self.latents, self.prompts, self.t, self.noise]

    def double(self) -> "Batch":
        return Batch(self.latents.double(), self.prompts.double(), self.t, self.noise.double())


@dataclass(frozen=True)
class Photos:
    """pixels (B, 3, 16, 16), ids (B, L), t (B,), noise (B, 4, 8, 8)."""

    pixels: Tensor
    ids: Tensor
    t: Tensor
    noise: Tensor

    def given(self) -> dict[str, Tensor]:
        return {"pixels": self.pixels, "ids": self.ids, "t": self.t, "noise": self.noise}


def velocity(batch: Batch) -> Tensor:
    bar = bars_at(batch.t)
    return bar.sqrt() * batch.noise - (1 - bar).sqrt() * batch.latents


def target(kind: str, batch: Batch) -> Tensor:
    return velocity(batch) if kind == "v_prediction" else batch.noise


def add_noise(batch: Batch) -> Tensor:
    bar = bars_at(batch.t)
    return bar.sqrt() * batch.latents + (1 - bar).sqrt() * batch.noise


@dataclass(frozen=True)
class Recipe:
    """The contract by default."""

    scaled: Callable[[Tensor, float], Tensor] = lambda latents, factor: latents * factor
    drawn: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda mean, deviation, noise: mean + deviation * noise
    target: Callable[[str, Batch], Tensor] = target
    noisy: Callable[[Batch], Tensor] = add_noise
    told: Callable[[Tensor], Tensor] = lambda t: t
    prompted: Callable[[Tensor], Tensor] = lambda prompts: prompts
    joined: Callable[[Tensor, Tensor, float], Tensor] = lambda subject, prior, weight: subject + weight * prior
    learns: Callable[[str], bool] = lambda part: part == "unet"
    clears: bool = True

    def latents(self, vae: Weights, pixels: Tensor, scaling: float, noise: Tensor) -> Tensor:
        return self.scaled(self.drawn(*posterior(vae, pixels), noise.to(pixels.dtype)), scaling)

    def errors(self, unet: Weights, kind: str, batch: Batch) -> Tensor:
        """The mean squared error of each image: (B,)."""
        predicted = predict(unet, self.noisy(batch), self.told(batch.t), self.prompted(batch.prompts))
        return (predicted - self.target(kind, batch)).square().mean(dim=(1, 2, 3))

    def loss(self, unet: Weights, kind: str, batch: Batch) -> Tensor:
        return self.errors(unet, kind, batch).mean()

    def prior_loss(self, unet: Weights, kind: str, batch: Batch, weight: float) -> Tensor:
        subject, prior = self.errors(unet, kind, batch).chunk(2)
        return self.joined(subject.mean(), prior.mean(), weight)

    def train(
        self, models: Models, kind: str, scaling: float, photos: list[Photos], noises: list[Tensor], lr: float
    ) -> tuple[Tensor, Models]:
        """Plain SGD: the losses from before each step, and the models after all of them."""
        held = {(part, name): value for part, arrays in models.parts().items() for name, value in arrays.items()}
        learning = [key for key in held if self.learns(key[0])]
        losses, slopes = [], [torch.zeros(()) for _ in learning]
        for photo, noise in zip(photos, noises, strict=True):
            leaves = {key: held[key].detach().requires_grad_() for key in learning}
            losses.append(self.photo_loss(gathered(held | leaves), kind, scaling, photo, noise))
            new = torch.autograd.grad(losses[-1], list(leaves.values()), materialize_grads=True) if leaves else []
            slopes = [slope + (0 if self.clears else old) for slope, old in zip(new, slopes, strict=True)]
            moved = zip(leaves.items(), slopes, strict=True)
            held |= {key: leaf.detach() - lr * slope for (key, leaf), slope in moved}
        return torch.stack(losses).detach(), gathered(held)

    def photo_loss(self, models: Models, kind: str, scaling: float, photo: Photos, noise: Tensor) -> Tensor:
        dtype = models.unet["conv_in.weight"].dtype
        latents = self.latents(models.vae, photo.pixels.to(dtype), scaling, noise)
        prompts = read_prompts(models.text, photo.ids)
        return self.loss(models.unet, kind, Batch(latents, prompts, photo.t, photo.noise.to(dtype)))


def gathered(held: dict[tuple[str, str], Tensor]) -> Models:
    parts: dict[str, Any] = {"unet": {}, "vae": {}, "text": {}}
    for (part, name), value in held.items():
        parts[part][name] = value
    return Models(**parts)
