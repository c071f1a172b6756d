"""How the checks reach into your file: every function gets your module as `learner`, and makes the models anew."""

import tempfile
from pathlib import Path
from types import ModuleType

import torch
from diffusers import (
    AnimateDiffPipeline,
    AutoencoderKL,
    DDIMScheduler,
    EulerDiscreteScheduler,
    MotionAdapter,
    UNet2DConditionModel,
)
from diffusers.utils import logging as diffusers_logging
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
from transformers.utils import logging as transformers_logging

for library in (diffusers_logging, transformers_logging):
    library.set_verbosity_error()  # what they say about parts that nobody asked for is no news
    library.disable_progress_bar()

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
MOTION = {
    "block_out_channels": (16, 16),
    "motion_layers_per_block": 1,
    "motion_mid_block_layers_per_block": 1,
    "motion_num_attention_heads": 2,
    "motion_norm_num_groups": 4,
    "motion_max_seq_length": 8,
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
    "vocab_size": 67,
    "hidden_size": 12,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 7,
    "bos_token_id": 65,
    "eos_token_id": 66,
}
SCHEDULERS = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler}

Case = dict[str, object]
"""`unet`, `motion`, `vae` and `text` are state dicts; `betas`, `scaling`, `vocab` and `merges` are settings."""


def filled(model: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """Only what is given; the VAE's encoder and the tables of positions stay as they were made."""
    unexpected = model.load_state_dict(weights, strict=False).unexpected_keys
    assert not unexpected, unexpected
    return model.eval()


def parts(case: Case) -> dict[str, object]:
    """What the hub would give: the parts of an image pipeline, and a motion adapter."""
    first, last = case["betas"]
    return {
        "vae": filled(AutoencoderKL(**VAE, scaling_factor=case["scaling"]), case["vae"]),
        "text_encoder": filled(CLIPTextModel(CLIPTextConfig(**TEXT)), case["text"]),
        "tokenizer": CLIPTokenizer(
            vocab=case["vocab"], merges=[tuple(pair) for pair in case["merges"]], model_max_length=7
        ),
        "unet": filled(UNet2DConditionModel(**UNET), case["unet"]),
        "motion_adapter": filled(MotionAdapter(**MOTION), case["motion"]),
        "scheduler": DDIMScheduler(
            beta_start=first,
            beta_end=last,
            beta_schedule="scaled_linear",
            clip_sample=True,
            timestep_spacing="trailing",
        ),
    }


def pipeline(case: Case, kind: str = "ddim") -> AnimateDiffPipeline:
    """Assembled here, with the schedule of a motion adapter."""
    made, (first, last) = parts(case), case["betas"]
    settings = {"beta_start": first, "beta_end": last, "beta_schedule": "linear", "steps_offset": 1}
    settings |= {"clip_sample": False} if kind == "ddim" else {}
    made["scheduler"] = SCHEDULERS[kind](**settings, timestep_spacing="leading")
    return quiet(AnimateDiffPipeline(**made))


def quiet(pipe: AnimateDiffPipeline) -> AnimateDiffPipeline:
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run(pipe: AnimateDiffPipeline, on: dict[str, object]) -> Tensor:
    """The pipeline's own loop: its latents (B, 4, F, 8, 8)."""
    negative, prompts = on["prompts"].chunk(2)
    latents = on["latents"]
    return quiet(pipe)(
        prompt_embeds=prompts,
        negative_prompt_embeds=negative,
        latents=latents,
        num_frames=latents.size(2),
        num_inference_steps=on["steps"],
        guidance_scale=on["scale"],
        output_type="latent",
    ).frames


def assembled(learner: ModuleType, case: Case, on: dict[str, object]) -> Tensor:
    return run(learner.assemble(**parts(case)), on)


def encode_prompts(learner: ModuleType, case: Case, prompts: list[str], negative: str, frames: int) -> Tensor:
    return learner.encode_prompts(pipeline(case), prompts, negative, frames).detach()


def draw_latents(learner: ModuleType, case: Case, kind: str, sizes: list[int], steps: int, seed: int) -> list[Tensor]:
    """Twice, with generators in the same state; sizes are clips, frames, height and width."""
    pipe = pipeline(case, kind)
    pipe.scheduler.set_timesteps(steps)
    return [learner.draw_latents(pipe, *sizes, torch.Generator().manual_seed(seed)) for _ in range(2)]


def denoise(learner: ModuleType, case: Case, kind: str, on: dict[str, object]) -> Tensor:
    prompts = on["prompts"].repeat_interleave(on["latents"].size(2), dim=0)
    return learner.denoise(pipeline(case, kind), on["latents"].clone(), prompts, on["steps"], on["scale"]).detach()


def decode(learner: ModuleType, case: Case, latents: Tensor, chunk: int) -> dict[str, object]:
    """The frames, and how many the decoder was given at a time."""
    pipe, sizes = pipeline(case), {}
    pipe.vae.decoder.register_forward_pre_hook(lambda _, inputs: sizes.update({str(len(sizes)): len(inputs[0])}))
    return {"video": learner.decode(pipe, latents, chunk).detach(), "sizes": sizes}


def to_frames(learner: ModuleType, video: Tensor) -> Tensor:
    return learner.to_frames(video)


@torch.no_grad()
def influence(learner: ModuleType, case: Case, on: dict[str, object], mixing: Tensor) -> dict[str, Tensor]:
    """Who moves whom: in a residual block, in a motion module, in the whole U-Net, and in a mixture that was drawn."""
    pipe, frames = pipeline(case), on["latents"].size(2)
    h, time = on["states"], on["time"]
    negative = on["prompts"][:1].expand(frames, -1, -1)

    def whole(x: Tensor) -> Tensor:
        clip = x.transpose(0, 1)[None]  # (1, 4, F, 8, 8)
        return pipe.unet(clip, 500, encoder_hidden_states=negative).sample[0].transpose(0, 1)

    block = pipe.unet.down_blocks[0]
    ways = {
        "residual": (lambda x: block.resnets[0](x, time.expand(len(x), -1)), h),
        "motion": (lambda x: block.motion_modules[0](x, num_frames=frames), h),
        "whole": (whole, on["latents"][0].transpose(0, 1)),
        "mixing": (lambda x: torch.einsum("ij,ichw->jchw", mixing, x), h),
    }
    return {name: learner.influence(fn, x.contiguous()).long() for name, (fn, x) in ways.items()}


@torch.no_grad()
def silence(learner: ModuleType, case: Case, latents: Tensor, t: int, prompts: Tensor) -> dict[str, object]:
    """The video U-Net's prediction with silent motion modules, and its arrays."""
    unet = pipeline(case).unet
    learner.silence(unet)
    y = unet(latents, t, encoder_hidden_states=prompts.repeat_interleave(latents.size(2), dim=0)).sample
    return {"y": y, "state": {name: array for name, array in unet.state_dict().items() if not name.endswith(".pe")}}


def saved(learner: ModuleType, case: Case, on: dict[str, object]) -> dict[str, object]:
    """What stands in the folder, what is in the U-Net's file, and what the pipeline read from it says."""
    with tempfile.TemporaryDirectory() as folder:
        learner.save(pipeline(case), folder)
        found = sorted(file.relative_to(folder).as_posix() for file in Path(folder).rglob("*") if file.is_file())
        arrays = {}
        for file in Path(folder).glob("unet/*.safetensors"):
            arrays |= {name: array for name, array in load_file(file).items() if not name.endswith(".pe")}
        latents = run(learner.load(folder), on)
    return {"latents": latents, "files": {str(at): name for at, name in enumerate(found)}, "unet": arrays}


def budget(learner: ModuleType, sizes: dict[str, int], scale: float) -> dict[str, int]:
    return dict(learner.budget(**sizes, scale=scale))
