"""How the checks reach into your file: every function gets your module as `learner`, and makes the models anew."""

from types import ModuleType

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

UNET = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (16, 16),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 12,
    "attention_head_dim": 2,
    "norm_num_groups": 4,
}
VAE = {
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 4,
    "block_out_channels": (8, 16),
    "down_block_types": ("DownEncoderBlock2D", "DownEncoderBlock2D"),
    "up_block_types": ("UpDecoderBlock2D", "UpDecoderBlock2D"),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "sample_size": 16,
}
TEXT = {
    "vocab_size": 50,
    "hidden_size": 12,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 7,
    "bos_token_id": 48,
    "eos_token_id": 49,
}

Weights = dict[str, dict[str, Tensor]]


def make_unet(weights: Weights) -> UNet2DConditionModel:
    unet = UNet2DConditionModel(**UNET)
    unet.load_state_dict(weights["unet"])
    return unet


def make_vae(weights: Weights, scaling: float) -> AutoencoderKL:
    """Only the encoder's weights are given: the decoder stays as it was made."""
    vae = AutoencoderKL(**VAE, scaling_factor=scaling)
    unexpected = vae.load_state_dict(weights["vae"], strict=False).unexpected_keys
    assert not unexpected, unexpected
    return vae


def make_text_encoder(weights: Weights) -> CLIPTextModel:
    text_encoder = CLIPTextModel(CLIPTextConfig(**TEXT))
    text_encoder.load_state_dict(weights["text"])
    return text_encoder


def noise_schedule(kind: str = "epsilon", steps: int = 1000) -> DDPMScheduler:
    return DDPMScheduler(
        num_train_timesteps=steps,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type=kind,
        clip_sample=False,
    )


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def encode_prompts(learner: ModuleType, weights: Weights, ids: Tensor) -> Tensor:
    return learner.encode_prompts(make_text_encoder(weights), ids)


def encode_images(learner: ModuleType, weights: Weights, scaling: float, pixels: Tensor, seed: int) -> Tensor:
    return learner.encode_images(make_vae(weights, scaling), pixels, generator(seed))


def draw_steps(learner: ModuleType, steps: int, count: int, seed: int) -> list[Tensor]:
    """Twice, with generators in the same state."""
    return [learner.draw_steps(noise_schedule(steps=steps), count, generator(seed)) for _ in range(2)]


def drop_prompts(learner: ModuleType, prompts: Tensor, empty: Tensor, rates: list[float], seed: int) -> list[Tensor]:
    """One answer for each rate, with generators in the same state."""
    return [learner.drop_prompts(prompts.clone(), empty.clone(), rate, generator(seed)) for rate in rates]


def training_target(learner: ModuleType, kind: str, latents: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    return learner.training_target(noise_schedule(kind), latents, noise, t)


def denoising_loss(learner: ModuleType, weights: Weights, kind: str, batch: list[Tensor]) -> Tensor:
    """Your loss of one batch: latents, prompts, t, noise."""
    return learner.denoising_loss(make_unet(weights), noise_schedule(kind), *batch)


def prior_loss(learner: ModuleType, weights: Weights, kind: str, batch: list[Tensor], weight: float) -> Tensor:
    """The same batch, whose second half are images of the class."""
    return learner.prior_loss(make_unet(weights), noise_schedule(kind), *batch, weight)


def train(
    learner: ModuleType, weights: Weights, kind: str, scaling: float, batches: list[dict], lr: float, seed: int
) -> dict[str, object]:
    """Steps of plain SGD over all that you left trainable: the losses, and the weights of all three models."""
    unet, vae, text_encoder = make_unet(weights), make_vae(weights, scaling), make_text_encoder(weights)
    learner.freeze(unet, vae, text_encoder)
    models = nn.ModuleDict({"unet": unet, "vae": vae, "text": text_encoder})
    optimiser = torch.optim.SGD([p for p in models.parameters() if p.requires_grad], lr=lr)
    scheduler, given = noise_schedule(kind), generator(seed)
    losses = [
        float(learner.train_step(unet, vae, text_encoder, scheduler, optimiser, batch, given)) for batch in batches
    ]
    after = {name: dict(model.state_dict()) for name, model in models.items()}
    learning = {name: sum(p.requires_grad for p in model.parameters()) for name, model in models.items()}
    after["vae"] = {name: tensor for name, tensor in after["vae"].items() if name in weights["vae"]}
    return {"losses": torch.tensor(losses), "learning": learning, **after}
