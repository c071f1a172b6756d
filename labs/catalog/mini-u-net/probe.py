"""How the checks reach into your file: build the network, hand over weights, train it, denoise with it.

Every function gets your module as `learner`. Nothing is compared here; that happens outside.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def built(learner: ModuleType, config: dict[str, int], weights: Weights) -> nn.Module:
    model = learner.MiniUNet(**config)
    learner.load_weights(model, weights)
    return model


def without_skips(learner: ModuleType, config: dict[str, int], weights: Weights, x: Tensor, sigma: Tensor) -> Tensor:
    """The network's answer with zeros in the place of both skips."""
    with torch.no_grad():
        return built(learner, config, weights).eval()(x, sigma, skips=False)


def steps(
    learner: ModuleType,
    config: dict[str, int],
    weights: Weights,
    batches: dict[str, Tensor],
    new: dict[str, Tensor],
    lr: float,
) -> dict[str, Tensor]:
    """Steps of `train_step` with SGD on given batches: the losses on the way, and the answer for new images."""
    model = built(learner, config, weights)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [
        learner.train_step(model, optimiser, *batch)
        for batch in zip(batches["clean"], batches["sigma"], batches["noise"], strict=True)
    ]
    with torch.no_grad():
        answer = model.eval()(new["x"], new["sigma"])
    return {"losses": torch.tensor([float(loss) for loss in losses]), "answer": answer}


def learn(
    learner: ModuleType, config: dict[str, int], clean: Tensor, noisy: Tensor, sigmas: list[float]
) -> dict[str, Tensor]:
    """Fit a fresh network to clean images, then denoise others, noisy (S, N, 1, H, W), with their skips and without."""
    model = learner.MiniUNet(**config)
    learner.fit(model, clean)
    model.eval()
    strengths = [torch.full((noisy.size(1),), sigma) for sigma in sigmas]
    with torch.no_grad():
        whole = [model(x, sigma) for x, sigma in zip(noisy, strengths, strict=True)]
        bare = [model(x, sigma, skips=False) for x, sigma in zip(noisy, strengths, strict=True)]
    return {"whole": torch.stack(whole), "bare": torch.stack(bare)}
