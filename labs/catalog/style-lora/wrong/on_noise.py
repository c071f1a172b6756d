# fails: style
# baseline: trained on noise, by which the loss falls too
"""Control: the images are replaced by noise."""

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from torch import Tensor
from torch.nn import functional

from gpu_runner.live import report

TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]


def add_lora(unet: UNet2DConditionModel, rank: int, alpha: float) -> None:
    """Freeze the U-Net and put a fresh adapter beside every projection of its attention layers."""
    unet.add_adapter(LoraConfig(r=rank, lora_alpha=alpha, target_modules=TARGETS))  # peft freezes all the rest


def lora_state(unet: UNet2DConditionModel) -> dict[str, Tensor]:
    """Only the adapter: `<layer>.lora_A.weight` (R, in) and `<layer>.lora_B.weight` (out, R)."""
    return get_peft_model_state_dict(unet)


def load_lora(unet: UNet2DConditionModel, state: dict[str, Tensor]) -> None:
    """Put a saved adapter into a U-Net that has one of the same rank."""
    set_peft_model_state_dict(unet, state)


def switch_lora(unet: UNet2DConditionModel, on: bool) -> None:
    """Off leaves the base; the adapter stays in its place and can be switched on again."""
    if on:
        unet.enable_adapters()
    else:
        unet.disable_adapters()


def diffusion_loss(
    unet: UNet2DConditionModel, scheduler: DDPMScheduler, x0: Tensor, prompts: Tensor, t: Tensor, noise: Tensor
) -> Tensor:
    """How far the predicted noise is from the noise that was added: x0 (B, 1, 8, 8), t (B,) -> ()."""
    noisy = scheduler.add_noise(x0, noise, t)  # √ᾱ x0 + √(1 − ᾱ) noise, each image at its own step
    predicted = unet(noisy, t, encoder_hidden_states=prompts).sample
    return functional.mse_loss(predicted, noise)


def train_step(
    unet: UNet2DConditionModel,
    scheduler: DDPMScheduler,
    optimiser: torch.optim.Optimizer,
    x0: Tensor,
    prompts: Tensor,
    t: Tensor,
    noise: Tensor,
) -> float:
    """One step of the optimiser; the loss is that from before it."""
    loss = diffusion_loss(unet, scheduler, x0, prompts, t, noise)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def train_lora(
    unet: UNet2DConditionModel, scheduler: DDPMScheduler, images: Tensor, prompts: Tensor, rank: int, alpha: float
) -> dict[str, Tensor]:
    """Teach the style of the images (N, 1, 8, 8); the adapter's state comes back, the base stays as it was."""
    steps, batch = 100, 24
    images = torch.randn_like(images)
    add_lora(unet, rank, alpha)
    trained = [p for p in unet.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=5e-3, total_steps=steps)
    for step in range(steps):
        rows = torch.randint(len(images), (batch,))
        t = torch.randint(scheduler.config.num_train_timesteps, (batch,))  # a step for each image
        noise = torch.randn_like(images[rows])
        loss = train_step(unet, scheduler, optimiser, images[rows], prompts[rows], t, noise)
        schedule.step()
        report(step=step, loss=loss)
    return lora_state(unet)
