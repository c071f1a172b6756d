"""Train what the lab `consistent-frames` ships: an image model that denoises single frames of small clips.

    OMP_NUM_THREADS=1 python packaging/lab_data/frame_denoiser.py labs/catalog/consistent-frames

takes the model from the lab's `probe.py` and the pictures from its `scenes.py`, writes `data/image.safetensors` (half
precision) and prints its SHA-256. Seeded and single-threaded: about a minute on one core. Another processor or
version of torch may round differently; the lab's test holds the shipped digest.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path

import torch
from safetensors.torch import save
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

STEPS, BATCH, PEAK_LR = 3000, 64, 4e-3


def main(lab: Path) -> None:
    sys.path.insert(0, str(lab))
    probe, scenes = importlib.import_module("probe"), importlib.import_module("scenes")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    drawing, model = torch.Generator().manual_seed(1), probe.FrameDenoiser()
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    schedule = OneCycleLR(optimiser, max_lr=PEAK_LR, total_steps=STEPS)
    for step in range(STEPS):
        clean, t = scenes.draw_scenes(BATCH, drawing), torch.randint(probe.LEVELS, (BATCH,))
        angle = probe.ANGLES[t][:, None, None, None]
        noisy = angle.cos() * clean + angle.sin() * torch.randn_like(clean)
        loss = functional.mse_loss(model(noisy, t), clean)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}: {loss.item():.4f}", flush=True)
    content = save({name: tensor.half().contiguous() for name, tensor in sorted(model.state_dict().items())})
    (lab / "data" / "image.safetensors").write_bytes(content)
    print(f"{hashlib.sha256(content).hexdigest()}  image.safetensors  {len(content):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
