"""Take a text-to-video pipeline apart. The README has the contract of each function."""

from collections.abc import Callable

import torch
from diffusers import AnimateDiffPipeline, AutoencoderKL, DDIMScheduler, MotionAdapter, UNet2DConditionModel
from diffusers.models.unets.unet_motion_model import UNetMotionModel
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
    raise NotImplementedError("TODO 1: DDIMScheduler.from_config with the adapter's schedule, then AnimateDiffPipeline")


def encode_prompts(pipe: AnimateDiffPipeline, prompts: list[str], negative: str, frames: int) -> Tensor:
    """B prompts -> (2 · B · F, L, E): first the negative prompt for every frame of every clip, then the prompts."""
    raise NotImplementedError("TODO 2: tokenise to the full length, encode without a mask, repeat for every frame")


def draw_latents(
    pipe: AnimateDiffPipeline, clips: int, frames: int, height: int, width: int, generator: torch.Generator
) -> Tensor:
    """Noise as loud as the scheduler begins: (B, C, F, H / factor, W / factor)."""
    raise NotImplementedError("TODO 3: torch.randn with the generator, times init_noise_sigma")


def denoise(pipe: AnimateDiffPipeline, latents: Tensor, prompts: Tensor, steps: int, scale: float) -> Tensor:
    """The loop with guidance: latents (B, C, F, H, W), prompts (2 · B · F, L, E) -> latents."""
    raise NotImplementedError("TODO 4: set_timesteps; for each t scale_model_input, predict, guide, step")


def decode(pipe: AnimateDiffPipeline, latents: Tensor, chunk: int) -> Tensor:
    """Latents (B, C, F, h, w) -> frames (B, 3, F, H, W), of which the decoder sees at most `chunk` at a time."""
    raise NotImplementedError("TODO 5: undo the scale, fold frames into the batch, decode piece by piece, unfold")


def to_frames(video: Tensor) -> Tensor:
    """Frames (B, 3, F, H, W) in [-1, 1] -> bytes (B, F, H, W, 3)."""
    raise NotImplementedError("TODO 6: shift to [0, 1], clamp, times 255, round, uint8")


def influence(fn: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Whether frame j of fn(x) moves when frame i of x (F, C, H, W) does, at [i, j]."""
    raise NotImplementedError("TODO 7: change one frame at a time and compare with fn(x)")


def silence(unet: UNetMotionModel) -> None:
    """Let every motion module add nothing, and still be able to learn."""
    raise NotImplementedError("TODO 8: find the motion modules; their proj_out is what they add")


def save(pipe: AnimateDiffPipeline, folder: str) -> None:
    raise NotImplementedError("TODO 9: save_pretrained")


def load(folder: str) -> AnimateDiffPipeline:
    raise NotImplementedError("TODO 9: from_pretrained, without the network")


def budget(
    frames: int, height: int, width: int, factor: int, channels: int, steps: int, scale: float
) -> dict[str, int]:
    """What a clip costs, in values, passes of single frames, and attention scores of the first level and head."""
    raise NotImplementedError("TODO 10: see the README's table")
