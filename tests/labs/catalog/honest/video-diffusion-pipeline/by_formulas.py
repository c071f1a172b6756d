"""The arithmetic is written out: the DDIM and Euler steps, the guidance in two passes, the bytes in numpy."""

import numpy as np
import torch
from diffusers import AnimateDiffPipeline, DDIMScheduler
from torch import Tensor


def assemble(vae, text_encoder, tokenizer, unet, motion_adapter, scheduler):
    scheduler = DDIMScheduler(
        num_train_timesteps=scheduler.config.num_train_timesteps,
        beta_start=scheduler.config.beta_start,
        beta_end=scheduler.config.beta_end,
        beta_schedule="linear",
        clip_sample=False,
        steps_offset=1,
        timestep_spacing="leading",
    )
    return AnimateDiffPipeline(vae, text_encoder, tokenizer, unet, motion_adapter, scheduler)


def encode_prompts(pipe, prompts, negative, frames) -> Tensor:
    length, rows = pipe.tokenizer.model_max_length, []
    for prompt in [negative] * len(prompts) + prompts:
        ids = pipe.tokenizer(prompt, truncation=True, max_length=length).input_ids
        ids = ids + [pipe.tokenizer.pad_token_id] * (length - len(ids))
        with torch.no_grad():
            embedded = pipe.text_encoder(torch.tensor([ids]))[0]
        rows += [embedded] * frames
    return torch.cat(rows)


def draw_latents(pipe, clips, frames, height, width, generator) -> Tensor:
    noise = torch.empty(clips, 4, frames, height // 2, width // 2).normal_(generator=generator)
    return float(pipe.scheduler.init_noise_sigma) * noise


def denoise(pipe, latents, prompts, steps, scale) -> Tensor:
    bars = pipe.scheduler.alphas_cumprod.double()
    config = pipe.scheduler.config
    gap = config.num_train_timesteps // steps
    x, euler = latents.double(), "Euler" in type(pipe.scheduler).__name__
    for t in [at * gap + config.steps_offset for at in range(steps)][::-1]:
        bar, before = bars[t], (bars[t - gap] if t >= gap else torch.ones((), dtype=torch.double))
        louder = 1 / bar.sqrt() if euler else 1.0  # Euler keeps x / sqrt(bar)
        shown = (x / louder).float()
        with torch.no_grad():
            halves = [pipe.unet(shown, t, encoder_hidden_states=half).sample.double() for half in prompts.chunk(2)]
        noise = torch.lerp(halves[0], halves[1], scale)
        if euler:
            x = x + (((1 - before) / before).sqrt() - ((1 - bar) / bar).sqrt()) * noise
        else:
            clean = (x - (1 - bar).sqrt() * noise) / bar.sqrt()
            x = before.sqrt() * clean + (1 - before).sqrt() * noise
    return x.float()


def decode(pipe, latents, chunk) -> Tensor:
    frames = [frame for clip in latents for frame in clip.unbind(1)]  # B·F of (C, h, w)
    out = []
    with torch.no_grad():
        for at in range(0, len(frames), chunk):
            part = torch.stack(frames[at : at + chunk]) / pipe.vae.config.scaling_factor
            out += list(pipe.vae.decode(part).sample)
    clips = torch.stack(out).split(latents.size(2))
    return torch.stack([torch.stack(list(clip), dim=1) for clip in clips])


def to_frames(video) -> Tensor:
    levels = np.clip(video.numpy() * 127.5 + 127.5, 0, 255)
    return torch.from_numpy(np.rint(levels).astype(np.uint8)).movedim(1, -1)


def influence(fn, x) -> Tensor:
    moves = []
    for i in range(len(x)):
        sign = torch.ones(len(x), 1, 1, 1)
        sign[i] = -2.0
        difference = fn(x * sign) - fn(x)
        moves.append(difference.abs().sum(dim=(1, 2, 3)) > 1e-3)
    return torch.stack(moves)


def silence(unet) -> None:
    groups = [*unet.down_blocks, unet.mid_block, *unet.up_blocks]
    for module in (module for group in groups for module in group.motion_modules):
        for parameter in module.proj_out.parameters():
            torch.nn.init.zeros_(parameter)


def save(pipe, folder) -> None:
    pipe.save_pretrained(folder)


def load(folder):
    return AnimateDiffPipeline.from_pretrained(folder)


def budget(frames, height, width, factor, channels, steps, scale) -> dict:
    h, w = height // factor, width // factor
    return {
        "latent_values": channels * frames * h * w,
        "unet_frames": steps * frames * (2 if scale > 1 else 1),
        "spatial_scores": frames * (h * w) ** 2,
        "temporal_scores": h * w * frames**2,
        "joint_scores": (frames * h * w) ** 2,
        "rgb_bytes": 3 * frames * height * width,
    }
