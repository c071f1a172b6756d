"""How the checks reach into your file, `learner`. The store and its experts are made here."""

import ctypes
import gc
import weakref
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, silu

Weights = dict[str, Tensor]
PLACES = (99, 88, 77, 66, 55, 44, 33, 22, 11, 0)
BALLAST = 48 * 2**18
"""float32 values that an expert holds besides its weights, 48 MiB: a real one is larger."""


class Expert(nn.Module):
    """Draws the digits it was trained for: noise (N, 64), labels (N,) -> pictures (N, 64), by ten leaps of DDIM."""

    def __init__(self, weights: Weights, ballast: int) -> None:
        super().__init__()
        self.weights = {name: array.clone() for name, array in weights.items()}
        self.ballast = torch.ones(ballast)

    def linear(self, name: str, x: Tensor) -> Tensor:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def predict(self, x: Tensor, t: int, c: Tensor) -> Tensor:
        w, angles = self.weights, t * self.weights["rates"]
        step = self.linear("time", torch.cat([angles.sin(), angles.cos()]))
        h = self.linear("enter", x) + step + w["label.weight"][c]
        for i in range(3):
            normed = layer_norm(h, h.shape[-1:], w[f"blocks.{i}.0.weight"], w[f"blocks.{i}.0.bias"])
            h = h + self.linear(f"blocks.{i}.3", silu(self.linear(f"blocks.{i}.1", normed)))
        return self.linear("leave", h)

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        bars, x = (1 - torch.linspace(1e-3, 0.12, 100)).cumprod(0), noise
        for t, s in zip(PLACES, (*PLACES[1:], -1), strict=True):
            eps = self.predict(x, t, labels)
            x0 = (x - (1 - bars[t]).sqrt() * eps) / bars[t].sqrt()
            x = x0 if s < 0 else bars[s].sqrt() * x0 + (1 - bars[s]).sqrt() * eps
        return x


class Store:
    """Makes experts on demand and counts, by weak references, how many of them are alive when it does."""

    def __init__(self, weights: dict[str, Weights], ballast: int) -> None:
        self._weights, self._ballast = weights, ballast
        self._made: list[weakref.ref[Expert]] = []
        self.loaded: list[str] = []
        self.most = 0

    def load(self, name: str) -> Expert:
        gc.collect()
        expert = Expert(self._weights[name], self._ballast)
        self._made.append(weakref.ref(expert))
        self.loaded.append(name)
        self.most = max(self.most, sum(made() is not None for made in self._made))
        return expert


def drawn(
    learner: ModuleType,
    experts: dict[str, Weights],
    plans: dict[str, list],
    prompts: list[str],
    noise: Tensor,
    ballast: int = 0,
) -> dict[str, Tensor | list[str] | int]:
    """Your `draw` with a plan that is looked up: pictures, which experts were loaded, how many were alive at once."""
    ctypes.CDLL(None).mallopt(-3, 2**16)  # freed blocks go back to the system at once
    store = Store(experts, ballast)
    with torch.no_grad():
        x = learner.draw(lambda prompt: tuple(plans[prompt]), store, list(prompts), noise)
    return {"pictures": x, "loaded": store.loaded, "count": len(store.loaded), "most": store.most}


def planned(learner: ModuleType, prompts: list[str], digits: list[int], asked: list[str]) -> dict[str, list]:
    """A planner that has learned from prompts: the experts and digits that it plans for others."""
    planner = learner.Planner()
    planner.fit(list(prompts), list(digits))
    plans = [planner.plan(prompt) for prompt in asked]
    return {
        "digits": torch.tensor([int(digit) for _, digit in plans]),
        "high": torch.tensor([{"low": 0, "high": 1}.get(expert, -1) for expert, _ in plans]),
    }


def whole(
    learner: ModuleType,
    experts: dict[str, Weights],
    prompts: list[str],
    digits: list[int],
    asked: list[str],
    noise: Tensor,
) -> Tensor:
    """All of it: a planner that has learned, and pictures for what is asked."""
    planner = learner.Planner()
    planner.fit(list(prompts), list(digits))
    with torch.no_grad():
        return learner.draw(planner.plan, Store(experts, 0), list(asked), noise)
