"""How the checks reach into your file: build, hand over weights, take steps, and return tensors to be compared outside.

Every function gets your module as `learner`. `weights` holds w1 (out, in), b1 (out,), w2, b2 and so on.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def built(learner: ModuleType, sizes: list[int], weights: Weights) -> nn.Module:
    model = learner.MLP(sizes)
    learner.load_weights(model, weights)
    return model


def forward(learner: ModuleType, sizes: list[int], weights: Weights, x: Tensor) -> Tensor:
    """The model with the given weights: x (N, I) -> logits (N, O)."""
    return built(learner, sizes, weights)(x)


def fresh(learner: ModuleType, sizes: list[int], x: Tensor) -> Tensor:
    """What a model makes of x before any training."""
    return learner.MLP(sizes)(x)


def in_double(learner: ModuleType, sizes: list[int], weights: Weights, x: Tensor) -> Tensor:
    """The model after model.double(): all that it holds must follow, as it would to a GPU."""
    model = built(learner, sizes, weights).double()
    learner.load_weights(model, {name: array.double() for name, array in weights.items()})
    return model(x.double())


def loss(learner: ModuleType, logits: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The loss and its gradient by the logits."""
    logits.requires_grad_()
    value = learner.loss(logits, y)
    value.backward()
    return {"loss": value, "dlogits": logits.grad}


def steps(learner: ModuleType, name: str, start: list[Tensor], grads: list[Tensor], options: dict) -> list[Tensor]:
    """Where parameters stand after an optimiser was given a gradient (K, …) per step; the last one never gets any."""
    parameters = [nn.Parameter(tensor.clone()) for tensor in start]
    optimiser = getattr(learner, name)((p for p in parameters), **options)
    for i in range(len(grads[0])):
        optimiser.zero_grad()
        for parameter, grad in zip(parameters, grads, strict=False):
            parameter.grad = grad[i].clone()
        optimiser.step()
    return [p.detach() for p in parameters]


def trajectory(
    learner: ModuleType, sizes: list[int], weights: Weights, x: Tensor, y: Tensor, new: Tensor, lr: float, mu: float
) -> dict[str, Tensor]:
    """Steps of your SGD on batches x (K, N, I), y (K, N): the losses on the way and the logits for new rows."""
    model = built(learner, sizes, weights)
    optimiser = learner.SGD(model.parameters(), lr=lr, momentum=mu)
    losses = [learner.train_step(model, optimiser, *batch) for batch in zip(x, y, strict=True)]
    with torch.no_grad():
        return {"losses": torch.tensor([float(loss) for loss in losses]), "logits": model(new)}


def learn(learner: ModuleType, sizes: list[int], x: Tensor, y: Tensor, new: Tensor) -> Tensor:
    """Fit a fresh model to digits and return its logits for digits that it has not seen."""
    model = learner.MLP(sizes)
    learner.fit(model, x, y)
    model.eval()
    with torch.no_grad():
        return model(new)
