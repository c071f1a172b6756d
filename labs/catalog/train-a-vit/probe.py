"""How the checks reach into your file: build the network, hand over weights, train it, take the weights out again.

Every function gets your module as `learner`. Nothing is compared here; that happens outside.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def built(learner: ModuleType, config: dict[str, int], weights: Weights) -> nn.Module:
    model = learner.ViT(**config)
    learner.load_weights(model, weights)
    return model


def forward(learner: ModuleType, config: dict[str, int], weights: Weights, batches: list[Tensor]) -> list[Tensor]:
    """Logits of several batches, one after the other through the same network."""
    model = built(learner, config, weights).eval()
    with torch.no_grad():
        return [model(images) for images in batches]


def maps(learner: ModuleType, config: dict[str, int], weights: Weights, images: Tensor) -> Tensor:
    return learner.attention_maps(built(learner, config, weights).eval(), images)


def there_and_back(learner: ModuleType, config: dict[str, int], weights: Weights) -> dict[str, Tensor]:
    return dict(learner.weights_of(built(learner, config, weights)))


def loss(learner: ModuleType, logits: Tensor, labels: Tensor, smoothing: float) -> dict[str, Tensor]:
    """Your loss, and its gradient by the logits."""
    logits.requires_grad_()
    value = learner.smoothed_loss(logits, labels, smoothing)
    value.backward()
    return {"loss": value.detach(), "dlogits": logits.grad}


def steps(
    learner: ModuleType,
    config: dict[str, int],
    weights: Weights,
    batches: dict[str, Tensor],
    new: Tensor,
    lr: float,
    smoothing: float,
) -> dict[str, Tensor]:
    """Steps of `train_step` with SGD on given batches: the losses on the way, and the logits of new images."""
    model = built(learner, config, weights)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [
        learner.train_step(model, optimiser, images, labels, smoothing)
        for images, labels in zip(batches["images"], batches["labels"], strict=True)
    ]
    with torch.no_grad():
        answer = model.eval()(new)
    return {"losses": torch.stack([torch.as_tensor(loss).detach() for loss in losses]), "answer": answer}


def learn(learner: ModuleType, config: dict[str, int], images: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Fit a fresh network to labelled images, and take its weights out."""
    model = learner.ViT(**config)
    learner.fit(model, images, labels)
    return dict(learner.weights_of(model))
