# fails: steps
# says: would be even
"""One step is drawn for the whole batch."""

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import Generator, Tensor
from torch.nn.functional import mse_loss
from transformers import CLIPTextModel


def freeze(unet: UNet2DConditionModel, vae: AutoencoderKL, text_encoder: CLIPTextModel) -> None:
    """Only the U-Net learns."""
    unet.requires_grad_(requires_grad=True)
    vae.requires_grad_(requires_grad=False)
    text_encoder.requires_grad_(requires_grad=False)


@torch.no_grad()
def encode_prompts(text_encoder: CLIPTextModel, ids: Tensor) -> Tensor:
    """Token ids (B, L) -> a vector for each token (B, L, E), behind the last norm."""
    return text_encoder(ids).last_hidden_state


@torch.no_grad()
def encode_images(vae: AutoencoderKL, pixels: Tensor, generator: Generator) -> Tensor:
    """Pixels (B, 3, H, W) in [-1, 1] -> latents (B, 4, H/2, W/2) of about unit variance."""
    latents = vae.encode(pixels).latent_dist.sample(generator)
    return latents * vae.config.scaling_factor


def drop_prompts(prompts: Tensor, empty: Tensor, rate: float, generator: Generator) -> Tensor:
    """Some prompts (B, L, E) become the empty one (L, E), each with probability `rate`, for guidance later."""
    dropped = torch.rand(len(prompts), 1, 1, generator=generator) < rate  # one draw per prompt
    return torch.where(dropped, empty, prompts)


def draw_steps(scheduler: DDPMScheduler, count: int, generator: Generator) -> Tensor:
    """A step for each image, evenly from 0 to T - 1: (count,)."""
    return torch.randint(scheduler.config.num_train_timesteps, (1,), generator=generator).expand(count)


def training_target(scheduler: DDPMScheduler, latents: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """What this scheduler's U-Net predicts: the noise, or the velocity."""
    if scheduler.config.prediction_type == "v_prediction":
        return scheduler.get_velocity(latents, noise, t)
    return noise


def squared_errors(
    unet: UNet2DConditionModel, scheduler: DDPMScheduler, latents: Tensor, prompts: Tensor, t: Tensor, noise: Tensor
) -> Tensor:
    """The mean squared error of each image: (B,)."""
    noisy = scheduler.add_noise(latents, noise, t)
    predicted = unet(noisy, t, encoder_hidden_states=prompts).sample
    target = training_target(scheduler, latents, noise, t)
    return mse_loss(predicted, target, reduction="none").mean(dim=(1, 2, 3))


def denoising_loss(
    unet: UNet2DConditionModel, scheduler: DDPMScheduler, latents: Tensor, prompts: Tensor, t: Tensor, noise: Tensor
) -> Tensor:
    """The mean over images, values and all: ()."""
    return squared_errors(unet, scheduler, latents, prompts, t, noise).mean()


def prior_loss(
    unet: UNet2DConditionModel,
    scheduler: DDPMScheduler,
    latents: Tensor,
    prompts: Tensor,
    t: Tensor,
    noise: Tensor,
    weight: float,
) -> Tensor:
    """DreamBooth: the first half shows the subject, the second its class, as the model drew it before: ()."""
    subject, prior = squared_errors(unet, scheduler, latents, prompts, t, noise).chunk(2)
    return subject.mean() + weight * prior.mean()


def train_step(
    unet: UNet2DConditionModel,
    vae: AutoencoderKL,
    text_encoder: CLIPTextModel,
    scheduler: DDPMScheduler,
    optimiser: torch.optim.Optimizer,
    batch: dict[str, Tensor],
    generator: Generator,
) -> float:
    """One step on pixels (B, 3, H, W) and ids (B, L) with given t (B,) and noise; the loss is that from before it."""
    latents = encode_images(vae, batch["pixels"], generator)
    prompts = encode_prompts(text_encoder, batch["ids"])
    loss = denoising_loss(unet, scheduler, latents, prompts, batch["t"], batch["noise"])
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()
