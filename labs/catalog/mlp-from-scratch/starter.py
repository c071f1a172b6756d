"""An MLP, its loss, two optimisers and its training. Write them; the README says what each must do."""

from collections.abc import Iterable

from torch import Tensor, nn


class MLP(nn.Module):
    """Linear maps with ReLU between them: (N, sizes[0]) -> (N, sizes[-1])."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        del sizes
        # One weight (out, in) and one bias (out,) per pair of neighbours in `sizes`, as nn.Parameter.
        # nn.ParameterList registers a whole list of them.

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("MLP.forward is still to be written: x @ w.T + b, then ReLU, but not behind the last")


def load_weights(model: MLP, weights: dict[str, Tensor]) -> None:
    """Copy w1 (out, in), b1 (out,), w2, b2 … into your parameters."""
    raise NotImplementedError("load_weights is still to be written: copy w1, b1, w2, b2 … under torch.no_grad()")


def loss(logits: Tensor, y: Tensor) -> Tensor:
    """-log softmax(logits)[y], averaged over rows: logits (N, C), y (N,) -> ()."""
    raise NotImplementedError("loss is still to be written: subtract each row's largest logit first")


class SGD:
    """v <- momentum · v + g, then p <- p - lr · v."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0) -> None:
        raise NotImplementedError("SGD is still to be written: keep the parameters in a list, and a velocity for each")


class Adam:
    """Adam with bias correction."""

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        raise NotImplementedError("Adam is still to be written: two running means for each parameter, and one counter")


def train_step(model: nn.Module, optimiser: SGD | Adam, x: Tensor, y: Tensor) -> float:
    """One step on one batch; returns the loss before it."""
    raise NotImplementedError("train_step is still to be written: loss, zero_grad, backward, step")


def fit(model: nn.Module, x: Tensor, y: Tensor) -> None:
    """Train the model in place on x (N, 64), y (N,), with `train_step`."""
    raise NotImplementedError("fit is still to be written: passes over torch.randperm(len(x)).split(64)")
