"""Fine-tuning Stable Diffusion. Write the functions; the README says what each must do."""

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import Generator, Tensor
from transformers import CLIPTextModel


def freeze(unet: UNet2DConditionModel, vae: AutoencoderKL, text_encoder: CLIPTextModel) -> None:
    """Only the U-Net learns."""
    raise NotImplementedError("TODO 1: requires_grad_ of each model")


def encode_prompts(text_encoder: CLIPTextModel, ids: Tensor) -> Tensor:
    """Token ids (B, L) -> a vector for each token (B, L, E), behind the last norm."""
    raise NotImplementedError("TODO 2: what the text encoder returns has several parts; take the one for each token")


def encode_images(vae: AutoencoderKL, pixels: Tensor, generator: Generator) -> Tensor:
    """Pixels (B, 3, H, W) in [-1, 1] -> latents (B, 4, H/2, W/2) of about unit variance."""
    raise NotImplementedError("TODO 3: vae.encode gives a distribution; sample it with the generator, and scale")


def drop_prompts(prompts: Tensor, empty: Tensor, rate: float, generator: Generator) -> Tensor:
    """Some prompts (B, L, E) become the empty one (L, E), each with probability `rate`, for guidance later."""
    raise NotImplementedError("TODO 4: one draw for each prompt")


def draw_steps(scheduler: DDPMScheduler, count: int, generator: Generator) -> Tensor:
    """A step for each image, evenly from 0 to T - 1: (count,)."""
    raise NotImplementedError("TODO 5: torch.randint; T stands in scheduler.config")


def training_target(scheduler: DDPMScheduler, latents: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """What this scheduler's U-Net predicts: the noise, or the velocity."""
    raise NotImplementedError("TODO 6: scheduler.config.prediction_type decides")


def denoising_loss(
    unet: UNet2DConditionModel, scheduler: DDPMScheduler, latents: Tensor, prompts: Tensor, t: Tensor, noise: Tensor
) -> Tensor:
    """The mean squared error over images and values: ()."""
    raise NotImplementedError("TODO 7: add_noise, the U-Net's .sample, the target")


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
    raise NotImplementedError("TODO 8: one pass through the U-Net, then two means")


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
    raise NotImplementedError("TODO 9: encode both, then loss, zero_grad, backward, step")
