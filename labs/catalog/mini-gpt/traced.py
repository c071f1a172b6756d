"""The reference as an object that takes weights, for the steps of its forward pass."""

from torch import Tensor

from reference import Model, Weights


class GPT:
    """What `show_steps` runs beside the learner's."""

    def __init__(self, **config: int) -> None:
        self.model, self.weights = Model(config["heads"]), {}

    def __call__(self, ids: Tensor) -> Tensor:
        return self.model(self.weights, ids)


def load_weights(model: GPT, weights: Weights) -> None:
    model.weights = weights
