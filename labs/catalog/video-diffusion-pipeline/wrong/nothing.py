# fails: assembled, prompts, latents, loop, decoded, chunks, frames, influence, silent, saved, budget
# baseline: nothing is done
"""Trivial baseline: zeros of the right shape, and inputs handed back."""

import torch
from diffusers import AnimateDiffPipeline
from torch import Tensor


def assemble(**parts: object) -> AnimateDiffPipeline:
    return AnimateDiffPipeline(**parts)


def encode_prompts(pipe: AnimateDiffPipeline, prompts: list[str], negative: str, frames: int) -> Tensor:
    del negative
    config = pipe.text_encoder.config
    return torch.zeros(2 * len(prompts) * frames, config.max_position_embeddings, config.hidden_size)


def draw_latents(
    pipe: AnimateDiffPipeline, clips: int, frames: int, height: int, width: int, generator: torch.Generator
) -> Tensor:
    del pipe, generator
    return torch.zeros(clips, 4, frames, height // 2, width // 2)


def denoise(pipe: AnimateDiffPipeline, latents: Tensor, prompts: Tensor, steps: int, scale: float) -> Tensor:
    del pipe, prompts, steps, scale
    return latents


def decode(pipe: AnimateDiffPipeline, latents: Tensor, chunk: int) -> Tensor:
    del pipe, chunk
    return latents[:, :3].repeat_interleave(2, dim=3).repeat_interleave(2, dim=4)


def to_frames(video: Tensor) -> Tensor:
    return torch.zeros(*video.permute(0, 2, 3, 4, 1).shape, dtype=torch.uint8)


def influence(fn: object, x: Tensor) -> Tensor:
    del fn
    return torch.eye(len(x), dtype=torch.bool)


def silence(unet: object) -> None:
    del unet


def save(pipe: AnimateDiffPipeline, folder: str) -> None:
    pipe.scheduler.save_pretrained(folder)


def load(folder: str) -> AnimateDiffPipeline:
    return AnimateDiffPipeline.from_pretrained(folder)


def budget(**sizes: float) -> dict[str, int]:
    del sizes
    names = ["latent_values", "unet_frames", "spatial_scores", "temporal_scores", "joint_scores", "rgb_bytes"]
    return dict.fromkeys(names, 0)
