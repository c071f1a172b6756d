"""A text-to-video pipeline taken apart: what AnimateDiff does between a prompt and the frames of a clip."""

from collections.abc import Callable

import torch
from diffusers import AnimateDiffPipeline, AutoencoderKL, DDIMScheduler, MotionAdapter, UNet2DConditionModel
from diffusers.models.unets.unet_motion_model import AnimateDiffTransformer3D, UNetMotionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer


def assemble(
    vae: AutoencoderKL,
    text_encoder: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    unet: UNet2DConditionModel,
    motion_adapter: MotionAdapter,
    scheduler: DDIMScheduler,
) -> AnimateDiffPipeline:
    """An image pipeline's parts and a motion adapter become a video pipeline."""
    # The motion modules were trained with linear betas; everything that is not named here is the image model's.
    schedule = DDIMScheduler.from_config(
        scheduler.config, beta_schedule="linear", clip_sample=False, timestep_spacing="leading", steps_offset=1
    )
    return AnimateDiffPipeline(  # puts the adapter's modules into a copy of the U-Net
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        motion_adapter=motion_adapter,
        scheduler=schedule,
    )


@torch.no_grad()
def encode_prompts(pipe: AnimateDiffPipeline, prompts: list[str], negative: str, frames: int) -> Tensor:
    """B prompts -> (2 · B · F, L, E): first the negative prompt for every frame of every clip, then the prompts."""
    texts = [negative] * len(prompts) + prompts
    tokens = pipe.tokenizer(
        texts,
        padding="max_length",
        truncation=True,
        return_tensors="pt",
    )
    embedded = pipe.text_encoder(tokens.input_ids).last_hidden_state  # without a mask, as in training: (2B, L, E)
    return embedded.repeat_interleave(frames, dim=0)  # the frames of a clip stand together


def draw_latents(
    pipe: AnimateDiffPipeline, clips: int, frames: int, height: int, width: int, generator: torch.Generator
) -> Tensor:
    """Noise as loud as the scheduler begins: (B, C, F, H / factor, W / factor)."""
    factor = pipe.vae_scale_factor
    shape = (clips, pipe.unet.config.in_channels, frames, height // factor, width // factor)
    return torch.randn(shape, generator=generator) * pipe.scheduler.init_noise_sigma


@torch.no_grad()
def denoise(pipe: AnimateDiffPipeline, latents: Tensor, prompts: Tensor, steps: int, scale: float) -> Tensor:
    """The loop with guidance: latents (B, C, F, H, W), prompts (2 · B · F, L, E) -> latents."""
    pipe.scheduler.set_timesteps(steps)
    for t in pipe.scheduler.timesteps:
        both = pipe.scheduler.scale_model_input(torch.cat([latents, latents]), t)  # without and with the prompt
        negative, prompted = pipe.unet(both, t, encoder_hidden_states=prompts).sample.chunk(2)
        noise = negative + scale * (prompted - negative)
        latents = pipe.scheduler.step(noise, t, latents).prev_sample
    return latents


@torch.no_grad()
def decode(pipe: AnimateDiffPipeline, latents: Tensor, chunk: int) -> Tensor:
    """Latents (B, C, F, h, w) -> frames (B, 3, F, H, W), of which the decoder sees at most `chunk` at a time."""
    folded = latents.transpose(1, 2).flatten(0, 1) / pipe.vae.config.scaling_factor  # (B·F, C, h, w)
    pixels = torch.cat([pipe.vae.decode(part).sample for part in folded.split(chunk)])
    return pixels.unflatten(0, (len(latents), -1)).transpose(1, 2)


def to_frames(video: Tensor) -> Tensor:
    """Frames (B, 3, F, H, W) in [-1, 1] -> bytes (B, F, H, W, 3)."""
    return ((video / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 4, 1)


@torch.no_grad()
def influence(fn: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Whether frame j of fn(x) moves when frame i of x (F, C, H, W) does, at [i, j]."""
    before, rows = fn(x), []
    for i in range(len(x)):
        moved = x.clone()
        moved[i] += torch.randn_like(x[i])
        rows.append((fn(moved) - before).flatten(1).norm(dim=1))
    return torch.stack(rows) > 1e-3  # less is rounding


@torch.no_grad()
def silence(unet: UNetMotionModel) -> None:
    """Let every motion module add nothing, and still be able to learn."""
    for module in unet.modules():
        if isinstance(module, AnimateDiffTransformer3D):
            module.proj_out.weight.zero_()
            module.proj_out.bias.zero_()


def save(pipe: AnimateDiffPipeline, folder: str) -> None:
    pipe.save_pretrained(folder)  # configs, and weights as safetensors


def load(folder: str) -> AnimateDiffPipeline:
    return AnimateDiffPipeline.from_pretrained(folder)


def budget(
    frames: int, height: int, width: int, factor: int, channels: int, steps: int, scale: float
) -> dict[str, int]:
    """What a clip costs, in values, passes of single frames, and attention scores of the first level and head."""
    pixels = (height // factor) * (width // factor)
    return {
        "latent_values": channels * frames * pixels,
        "unet_frames": steps * frames * (2 if scale > 1 else 1),
        "spatial_scores": frames * pixels**2,
        "temporal_scores": pixels * frames**2,
        "joint_scores": (frames * pixels) ** 2,
        "rgb_bytes": 3 * frames * height * width,
    }
