"""How the checks reach into your file: every function gets your module as `learner`, and makes the U-Net anew."""

from types import ModuleType

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from torch import Tensor

CONFIG = {
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": (32, 32),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 16,
    "attention_head_dim": 4,
    "norm_num_groups": 8,
}

Weights = dict[str, Tensor]


def base(weights: Weights) -> UNet2DConditionModel:
    unet = UNet2DConditionModel(**CONFIG)
    unet.load_state_dict(weights)
    return unet


def noise_schedule() -> DDPMScheduler:
    return DDPMScheduler(
        num_train_timesteps=100, beta_start=1e-3, beta_end=0.12, beta_schedule="linear", clip_sample=False
    )


@torch.no_grad()
def predict(unet: UNet2DConditionModel, x: Tensor, t: Tensor, prompts: Tensor) -> Tensor:
    return unet(x, t, encoder_hidden_states=prompts).sample


def fresh(learner: ModuleType, weights: Weights, rank: int, alpha: float, on: list[Tensor]) -> dict[str, object]:
    """A fresh adapter: what the U-Net predicts with it, its state, and how many numbers are trainable."""
    unet = base(weights)
    learner.add_lora(unet, rank, alpha)
    trainable = sum(p.numel() for p in unet.parameters() if p.requires_grad)
    return {"y": predict(unet, *on), "state": dict(learner.lora_state(unet)), "trainable": trainable}


def adapted(learner: ModuleType, weights: Weights, state: Weights, alpha: float) -> UNet2DConditionModel:
    unet = base(weights)
    rank = next(len(matrix) for name, matrix in state.items() if name.endswith("lora_A.weight"))
    learner.add_lora(unet, rank, alpha)
    learner.load_lora(unet, {name: matrix.clone() for name, matrix in state.items()})
    return unet


def loaded(learner: ModuleType, weights: Weights, state: Weights, alpha: float, on: list[Tensor]) -> Tensor:
    """What the U-Net predicts with a given adapter."""
    return predict(adapted(learner, weights, state, alpha), *on)


def loss(learner: ModuleType, weights: Weights, state: Weights, alpha: float, batch: list[Tensor]) -> Tensor:
    """Your loss of one batch: x0, prompts, t, noise."""
    return learner.diffusion_loss(adapted(learner, weights, state, alpha), noise_schedule(), *batch)


def walk(
    learner: ModuleType,
    weights: Weights,
    state: Weights,
    alpha: float,
    batches: list[list[Tensor]],
    lr: float,
    on: list[Tensor],
) -> dict[str, object]:
    """Steps of plain SGD over what is trainable; then predictions with the adapter, without it, and with it again."""
    unet = adapted(learner, weights, state, alpha)
    optimiser = torch.optim.SGD([p for p in unet.parameters() if p.requires_grad], lr=lr)
    losses = [float(learner.train_step(unet, noise_schedule(), optimiser, *batch)) for batch in batches]
    after = {name: matrix.clone() for name, matrix in learner.lora_state(unet).items()}
    seen = {"on": predict(unet, *on)}
    for name, switch in (("off", False), ("again", True)):
        learner.switch_lora(unet, switch)
        seen[name] = predict(unet, *on)
    return {"losses": torch.tensor(losses), "state": after, **seen}


def learn(
    learner: ModuleType, weights: Weights, images: Tensor, prompts: Tensor, rank: int, alpha: float
) -> dict[str, Tensor]:
    """The whole training on the images (N, 1, 8, 8) of one style: the adapter's state."""
    return dict(learner.train_lora(base(weights), noise_schedule(), images, prompts, rank, alpha))
