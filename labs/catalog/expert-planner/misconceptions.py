"""What people get wrong about drawing with several experts: the reference with one ingredient changed."""

from functools import partial

from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Drawing, Plan, Weights, by_expert

OTHER = {"low": "high", "high": "low"}

DRAWINGS: list[tuple[str, str, Drawing]] = [
    ("in-experts-order", "the right pictures in the order in which the experts drew them", Drawing(order=by_expert)),
    (
        "others-noise",
        "pictures from noise that was handed out expert by expert, not row by row",
        Drawing(noise_of=lambda plan: ranks(by_expert(plan))),
    ),
    (
        "counted-from-zero",
        "pictures of labels counted from 0 for each expert: they are the digits themselves",
        Drawing(label=lambda digit: digit % 5),
    ),
    ("experts-exchanged", "pictures by the other expert", Drawing(expert=lambda plan, i: OTHER[plan[i][0]])),
    ("first-expert-for-all", "pictures all by the first prompt's expert", Drawing(expert=lambda plan, _i: plan[0][0])),
    ("one-noise", "pictures all from the first row of noise", Drawing(noise_of=lambda plan: [0] * len(plan))),
]


def ranks(order: list[int]) -> list[int]:
    """Where each row stands in an order."""
    return [order.index(i) for i in range(len(order))]


def known(experts: dict[str, Weights], plan: Plan, noise: Tensor) -> list[Misconception]:
    """For `lab.equals`."""
    return [Misconception(key, text, partial(way, experts, plan, noise)) for key, text, way in DRAWINGS]
