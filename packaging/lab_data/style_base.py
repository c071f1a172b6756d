"""Train what the lab `style-lora` ships: a small conditional diffusion U-Net on digits, and a judge that reads digits.

    OMP_NUM_THREADS=1 python packaging/lab_data/style_base.py labs/catalog/style-lora/data

writes `base.safetensors` (U-Net in half precision, prompt embeddings, judge) and `digits.bin`, and prints their
SHA-256. The data are scikit-learn's digits (UCI, 8 × 8, 16 grey levels). Seeded and single-threaded: about six minutes
on one core. Another processor or version of torch may round differently; the lab's test holds the shipped digests.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any, Final, cast

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save
from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # it ships no types
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

CONFIG: Final[dict[str, Any]] = {
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
STEPS, BATCH, PEAK_LR = 3000, 64, 3e-3
NOISE_STEPS, BETAS = 100, (1e-3, 0.12)
TOKENS: Final = 2
"""A prompt is a first token that all share and a second one for its digit."""


class Prompted(nn.Module):
    """The U-Net together with the embeddings of the ten prompts, since both learn."""

    def __init__(self) -> None:
        super().__init__()
        self.unet = cast("Any", UNet2DConditionModel)(**CONFIG)
        self.shared = nn.Parameter(torch.randn(1, 1, 16))
        self.digits = nn.Parameter(torch.randn(10, 1, 16))

    def prompts(self) -> Tensor:
        return torch.cat([self.shared.expand(10, -1, -1), self.digits], dim=1)  # (10, L, E)

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        return cast("Tensor", self.unet(x, t, encoder_hidden_states=self.prompts()[y]).sample)


def read_digits() -> tuple[Tensor, Tensor]:
    """Grey levels 0 to 16 as bytes (N, 64) and the digits (N,)."""
    found = cast("Any", load_digits())
    return torch.from_numpy(found.data).to(torch.uint8), torch.from_numpy(found.target).long()


def train_base(x: Tensor, y: Tensor) -> Prompted:
    """DDPM training with predicted noise; returns the running average of the weights."""
    bars = (1 - torch.linspace(*BETAS, NOISE_STEPS)).cumprod(0)
    model = Prompted()
    average = AveragedModel(model, multi_avg_fn=cast("Any", get_ema_multi_avg_fn)(0.995))
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK_LR, weight_decay=1e-3)
    schedule = OneCycleLR(optimiser, max_lr=PEAK_LR, total_steps=STEPS)
    for step in range(STEPS):
        rows, t = torch.randint(len(x), (BATCH,)), torch.randint(NOISE_STEPS, (BATCH,))
        noise, bar = torch.randn(BATCH, 1, 8, 8), bars[t][:, None, None, None]
        loss = functional.mse_loss(model(bar.sqrt() * x[rows] + (1 - bar).sqrt() * noise, t, y[rows]), noise)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
        schedule.step()
        average.update_parameters(model)
        if step % 250 == 0:
            print(f"step {step}: {loss.item():.3f}", flush=True)
    return cast("Prompted", average.module)


def thickened(x: Tensor) -> Tensor:
    """Every pixel becomes the brightest of itself and its right, lower and lower right neighbours."""
    return functional.max_pool2d(functional.pad(x, (0, 1, 0, 1), value=-1.0), 2, stride=1)


def train_judge(x: Tensor, y: Tensor) -> nn.Sequential:
    """An MLP that reads plain and thick digits, with some noise on them; the lab's style lies between the two."""
    judge = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimiser = torch.optim.AdamW(judge.parameters(), lr=3e-3, weight_decay=1e-2)
    both, labels = torch.cat([x, thickened(x)]), torch.cat([y, y])
    for _ in range(3000):
        rows = torch.randint(len(both), (128,))
        loss = functional.cross_entropy(judge(both[rows] + 0.15 * torch.randn(128, 1, 8, 8)), labels[rows])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
    return judge


def main(folder: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    grey, y = read_digits()
    x = (grey.float() / 8 - 1).view(-1, 1, 8, 8)
    model, judge = train_base(x, y), train_judge(x, y)
    tensors = {f"unet.{name}": tensor.half() for name, tensor in model.unet.state_dict().items()}
    tensors |= {f"judge.{name}": tensor.half() for name, tensor in judge.state_dict().items()}
    tensors["prompts"] = model.prompts().detach().half()
    files = {
        "base.safetensors": save({name: tensor.contiguous() for name, tensor in sorted(tensors.items())}),
        "digits.bin": torch.cat([grey, y[:, None].to(torch.uint8)], dim=1).numpy().tobytes(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
        print(f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
