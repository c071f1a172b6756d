"""What people get wrong: the formulas with one ingredient changed."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

from gpu_runner.checking import Misconception
from reference import Adam, Training, Weights, logits, p_minus_y, sgd

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def known(mistakes: Mistakes, *on: object) -> list[Misconception]:
    """With `on`, for `lab.equals`; without, for `lab.agrees`."""
    return [Misconception(name, text, partial(fn, *on) if on else fn) for name, text, fn in mistakes]


def without_biases(w: Weights, x: Tensor) -> Tensor:
    return logits({name: array * (name[0] == "w") for name, array in w.items()}, x)


FORWARD: Mistakes = [
    ("no-relu", "logits without ReLU", partial(logits, activate=lambda z: z)),
    ("tanh", "logits with tanh in the place of ReLU", partial(logits, activate=torch.tanh)),
    ("sigmoid", "logits with a sigmoid in the place of ReLU", partial(logits, activate=torch.sigmoid)),
    ("no-biases", "logits without biases", without_biases),
    ("relu-at-end", "logits with ReLU behind the last layer too", lambda w, x: torch.relu(logits(w, x))),
    ("probabilities", "probabilities instead of logits", lambda w, x: logits(w, x).softmax(1)),
]


LOSS: Mistakes = [
    ("summed", "the loss summed over the rows", lambda s, y: cross_entropy(s, y, reduction="sum")),
    ("softmax-twice", "the loss with softmax applied twice", lambda s, y: cross_entropy(s.softmax(1), y)),
    ("over-rows", "the loss with a softmax over the rows", lambda s, y: nll_loss(s.log_softmax(0), y)),
    ("over-all", "the loss averaged over all entries", lambda s, y: cross_entropy(s, y) / s.size(1)),
    ("sign", "the loss with the wrong sign", lambda s, y: -cross_entropy(s, y)),
    ("two-as-base", "the loss with logarithms to base 2", lambda s, y: cross_entropy(s, y) / math.log(2)),
]
DLOGITS: Mistakes = [
    ("summed", "p − y, not divided by N", p_minus_y),
    ("sign", "the gradient with the wrong sign", lambda s, y: -p_minus_y(s, y) / len(y)),
    ("all-entries", "the gradient divided by all entries", lambda s, y: p_minus_y(s, y) / s.numel()),
    ("no-gradient", "zero: the loss is cut from its graph", lambda s, _: 0 * s),
]


SGDS: Mistakes = [
    ("no-momentum", "SGD without momentum", partial(sgd, keep=0.0)),
    ("averaged", "SGD whose gradients are weighted by 1 − momentum", partial(sgd, take=0.0)),
    ("nesterov", "Nesterov's momentum", partial(sgd, ahead=1.0)),
]
ADAMS: Mistakes = [
    ("no-correction", "Adam without bias correction", Adam(correct_mean=False, correct_square=False)),
    ("mean-uncorrected", "Adam whose mean is not corrected", Adam(correct_mean=False)),
    ("square-uncorrected", "Adam whose mean of squares is not corrected", Adam(correct_square=False)),
    ("eps-inside", "Adam with ε inside the root", Adam(eps_inside=True)),
    ("no-root", "Adam without the root", Adam(root=1.0)),
    ("betas-swapped", "Adam with its two betas exchanged", Adam(swapped=True)),
    ("counted-per-parameter", "Adam whose counter moves once per parameter", Adam(counted=2)),
]


def of_probabilities(s: Tensor, y: Tensor) -> Tensor:
    return cross_entropy(s.softmax(1), y)


WAYS = [
    ("not-cleared", "training whose gradients add up from step to step", Training(cleared=False)),
    ("softmax-before-loss", "training with softmax before cross-entropy", Training(loss=of_probabilities)),
    ("summed", "training on a summed loss", Training(loss=partial(cross_entropy, reduction="sum"))),
    ("no-momentum", "training without momentum", Training(momentum=0.0)),
    ("uphill", "training that walks uphill", Training(sign=-1.0)),
    ("no-step", "training that never changes a weight", Training(sign=0.0)),
]
