"""Train the classifier whose features and opinions judge drawn digits, on all of `digits.bin`, slightly noised.

    python packaging/lab_data/digit_judge.py labs/catalog/train-a-ddpm/data

reads the folder's `digits.bin` and writes `judge.safetensors` beside it: w1 (64, 64), b1, w2 (32, 64), b2, w3 (10, 32),
b3, with ReLU between the layers. Two seconds on one thread; seeded, so that the same versions give the same bytes.
Prints the SHA-256.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

STEPS, BATCH, NOISE = 1500, 128, 0.1


def read_digits(folder: Path) -> tuple[Tensor, Tensor]:
    """Pixels (N, 64) in [-1, 1], labels (N,)."""
    rows = torch.frombuffer(bytearray((folder / "digits.bin").read_bytes()), dtype=torch.uint8).view(-1, 65)
    return rows[:, :64].float() / 8 - 1, rows[:, 64].long()


def trained(x: Tensor, y: Tensor) -> nn.Sequential:
    """A classifier of x (N, 64)."""
    torch.manual_seed(0)
    layers = [nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)]
    judge = nn.Sequential(*layers)
    optimiser = torch.optim.Adam(judge.parameters(), lr=2e-3)
    for _ in range(STEPS):
        rows = torch.randint(len(x), (BATCH,))
        loss = cross_entropy(judge(x[rows] + NOISE * torch.randn(BATCH, 64)), y[rows])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves Tensor.backward untyped
        optimiser.step()
    return judge


def arrays(judge: nn.Sequential) -> dict[str, Tensor]:
    """Its weights as w1, b1, w2, …."""
    linear = [layer for layer in judge if isinstance(layer, nn.Linear)]
    named = {f"{kind}{i}": getattr(layer, name) for i, layer in enumerate(linear, 1) for kind, name in KINDS.items()}
    return {name: array.detach() for name, array in named.items()}


KINDS = {"w": "weight", "b": "bias"}

if __name__ == "__main__":
    torch.set_num_threads(1)
    target = Path(sys.argv[1])
    content = save(arrays(trained(*read_digits(target))))
    (target / "judge.safetensors").write_bytes(content)
    print(hashlib.sha256(content).hexdigest())
