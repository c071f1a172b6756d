"""Everything that the pipeline has a method for is left to it."""

import torch
from diffusers import AnimateDiffPipeline, DDIMScheduler, DiffusionPipeline, UNetMotionModel
from torch import Tensor


def assemble(**parts):
    settings = {
        **parts["scheduler"].config,
        "beta_schedule": "linear",
        "clip_sample": False,
        "timestep_spacing": "leading",
    }
    parts["scheduler"] = DDIMScheduler(
        **{name: value for name, value in settings.items() if not name.startswith("_")} | {"steps_offset": 1}
    )
    parts["unet"] = UNetMotionModel.from_unet2d(parts["unet"], parts["motion_adapter"])
    return AnimateDiffPipeline(**parts)


def encode_prompts(pipe, prompts, negative, frames) -> Tensor:
    prompted, unprompted = pipe.encode_prompt(prompts, "cpu", 1, True, negative_prompt=[negative] * len(prompts))  # noqa: FBT003
    both = torch.cat([unprompted, prompted])  # (2B, L, E)
    return both[:, None].expand(-1, frames, -1, -1).flatten(0, 1)


def draw_latents(pipe, clips, frames, height, width, generator) -> Tensor:
    channels = pipe.unet.config.in_channels
    return pipe.prepare_latents(clips, channels, frames, height, width, torch.float32, torch.device("cpu"), generator)


def denoise(pipe, latents, prompts, steps, scale) -> Tensor:
    negative, prompted = prompts[:: latents.size(2)].chunk(2)
    pipe.scheduler.set_timesteps(steps)
    noise = latents / pipe.scheduler.init_noise_sigma  # by which the pipeline multiplies what it is given
    return pipe(
        prompt_embeds=prompted,
        negative_prompt_embeds=negative,
        latents=noise,
        num_frames=latents.size(2),
        num_inference_steps=steps,
        guidance_scale=scale,
        output_type="latent",
    ).frames


def decode(pipe, latents, chunk) -> Tensor:
    with torch.no_grad():
        return pipe.decode_latents(latents, chunk)


def to_frames(video) -> Tensor:
    from diffusers.video_processor import VideoProcessor  # noqa: PLC0415

    arrays = VideoProcessor().postprocess_video(video, output_type="np")  # (B, F, H, W, 3) in [0, 1]
    return torch.from_numpy((arrays * 255).round().astype("uint8"))


def influence(fn, x) -> Tensor:
    frames, before = len(x), fn(x)
    moves = torch.zeros(frames, frames, dtype=torch.bool)
    for i in range(frames):
        other = torch.cat([x[:i], x[i : i + 1] + 1 + x[i : i + 1].cos(), x[i + 1 :]])
        after = fn(other)
        for j in range(frames):
            moves[i, j] = not torch.allclose(after[j], before[j], rtol=1e-4, atol=1e-5)
    return moves


def silence(unet) -> None:
    for name, parameter in unet.named_parameters():
        if "motion_modules" in name and ".proj_out." in name:
            parameter.data = torch.zeros_like(parameter)


def save(pipe, folder) -> None:
    pipe.save_pretrained(folder)


def load(folder):
    return DiffusionPipeline.from_pretrained(folder)


def budget(*, frames, height, width, factor, channels, steps, scale) -> dict:
    area = height * width // factor**2
    tokens = frames * area
    return {
        "latent_values": tokens * channels,
        "unet_frames": frames * steps * (1 + (scale > 1)),
        "spatial_scores": tokens * area,
        "temporal_scores": tokens * frames,
        "joint_scores": tokens * tokens,
        "rgb_bytes": frames * height * width * 3,
    }
