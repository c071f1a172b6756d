"""A LoRA adapter for one style. Write the functions; the README says what each must do."""

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from torch import Tensor

TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]


def add_lora(unet: UNet2DConditionModel, rank: int, alpha: float) -> None:
    """Freeze the U-Net and put a fresh adapter beside every projection of its attention layers."""
    raise NotImplementedError("TODO 1: freeze the U-Net, then unet.add_adapter(LoraConfig(...)) with TARGETS")


def lora_state(unet: UNet2DConditionModel) -> dict[str, Tensor]:
    """Only the adapter: `<layer>.lora_A.weight` (R, in) and `<layer>.lora_B.weight` (out, R)."""
    raise NotImplementedError("TODO 2: look for get_peft_model_state_dict in peft")


def load_lora(unet: UNet2DConditionModel, state: dict[str, Tensor]) -> None:
    """Put a saved adapter into a U-Net that has one of the same rank."""
    raise NotImplementedError("TODO 3: and for set_peft_model_state_dict")


def switch_lora(unet: UNet2DConditionModel, on: bool) -> None:
    """Off leaves the base; the adapter stays in its place and can be switched on again."""
    raise NotImplementedError("TODO 4: the U-Net has methods for this")


def diffusion_loss(
    unet: UNet2DConditionModel, scheduler: DDPMScheduler, x0: Tensor, prompts: Tensor, t: Tensor, noise: Tensor
) -> Tensor:
    """How far the predicted noise is from the noise that was added: x0 (B, 1, 8, 8), t (B,) -> ()."""
    raise NotImplementedError("TODO 5: scheduler.add_noise, the U-Net's .sample, the mean square")


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
    raise NotImplementedError("TODO 6: loss, zero_grad, backward, step")


def train_lora(
    unet: UNet2DConditionModel, scheduler: DDPMScheduler, images: Tensor, prompts: Tensor, rank: int, alpha: float
) -> dict[str, Tensor]:
    """Teach the style of the images (N, 1, 8, 8); the adapter's state comes back, the base stays as it was."""
    raise NotImplementedError("TODO 7: add_lora, AdamW over what is trainable, a hundred steps, lora_state")
