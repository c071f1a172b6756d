"""How the checks reach into your file: build, hand over weights, run; what comes back is compared outside.

Every function gets your module as `learner`. `config` is vocab, width, heads, layers and context; `weights` holds the
arrays that the README names.
"""

import sys
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gpu_runner.live import report

Weights = dict[str, Any]
Config = dict[str, int]


def built(learner: ModuleType, config: Config, weights: Weights) -> nn.Module:
    """A model of yours that holds the given weights."""
    model = learner.GPT(**config)
    learner.load_weights(model, weights)
    return model


def forward(learner: ModuleType, config: Config, weights: Weights, batches: list[Tensor]) -> list[Tensor]:
    """Token ids (B, T), several times -> logits (B, T, V)."""
    model = built(learner, config, weights).eval()
    with torch.no_grad():
        return [model(ids) for ids in batches]


def there_and_back(learner: ModuleType, config: Config, weights: Weights) -> Weights:
    return learner.weights_of(built(learner, config, weights))


def fresh(learner: ModuleType, config: Config, ids: Tensor) -> Tensor:
    """What a model makes of token ids before any training."""
    with torch.no_grad():
        return learner.GPT(**config)(ids)


def loss(learner: ModuleType, logits: Tensor, ids: Tensor) -> dict[str, Tensor]:
    """The loss and its gradient by the logits."""
    logits.requires_grad_()
    value = learner.loss(logits, ids)
    value.backward()
    return {"loss": value, "dlogits": logits.grad}


def rates(learner: ModuleType, steps: list[int], plan: list[float]) -> Tensor:
    return torch.tensor([float(learner.rate(step, *plan)) for step in steps], dtype=torch.float64)


def decay(learner: ModuleType, config: Config, weights: Weights, lr: float, weight_decay: float) -> Weights:
    """Where the arrays stand after one step with gradients of zero."""
    model = built(learner, config, weights)
    optimiser = learner.make_optimiser(model, weight_decay)
    for group in optimiser.param_groups:
        group["lr"] = lr
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimiser.step()
    return learner.weights_of(model)


def sgd_step(learner: ModuleType, config: Config, weights: Weights, ids: Tensor, lr: float, max_norm: float) -> Weights:
    """Where the arrays stand after one train_step with torch's SGD, whose rate is 0 until you set it."""
    model = built(learner, config, weights)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0)
    learner.train_step(model, optimiser, ids, lr, max_norm)
    return learner.weights_of(model)


def trajectory(
    learner: ModuleType, config: Config, weights: Weights, ids: Tensor, plan: dict[str, Any], new: Tensor
) -> dict[str, Tensor]:
    """Steps with your optimiser on batches ids (K, B, T): the losses on the way, and the logits for new ids."""
    model = built(learner, config, weights)
    optimiser = learner.make_optimiser(model, plan["decay"])
    losses = [
        float(learner.train_step(model, optimiser, batch, lr, plan["max_norm"]))
        for batch, lr in zip(ids, plan["rates"], strict=True)
    ]
    with torch.no_grad():
        return {"losses": torch.tensor(losses), "logits": model(new)}


def written(
    learner: ModuleType, config: Config, weights: Weights, ids: Tensor, count: int, temperature: float, seed: int
) -> Tensor:
    """ids (B, T) and `count` tokens more."""
    dice = torch.Generator().manual_seed(seed)
    return learner.generate(built(learner, config, weights).eval(), ids, count, temperature=temperature, generator=dice)


def seeds(learner: ModuleType, config: Config, weights: Weights, ids: Tensor, count: int) -> list[Tensor]:
    """Three texts: the second has another global seed than the first, the third another generator seed."""
    model, texts = built(learner, config, weights).eval(), []
    for everywhere, own in ((1, 5), (2, 5), (1, 6)):
        torch.manual_seed(everywhere)
        texts.append(learner.generate(model, ids, count, generator=torch.Generator().manual_seed(own)))
    return texts


def trained(learner: ModuleType, config: Config, text: Tensor, prompt: Tensor) -> dict[str, Any]:
    """Train a fresh model on a text of bytes (N,), let it write, and hand back its weights."""
    model = learner.GPT(**config)
    losses = learner.train(model, text.long(), report)
    letters = learner.generate(model.eval(), prompt[None].long(), 300, temperature=0.7)[0].tolist()
    sys.stdout.write("It writes, at temperature 0.7:\n" + bytes(letters).decode(errors="replace") + "\n")
    curve = torch.tensor([float(value) for value in losses])[None, None]  # (1, 1, steps), for a picture
    return {"weights": learner.weights_of(model), "curve": nn.functional.interpolate(curve, size=100)[0, 0]}
