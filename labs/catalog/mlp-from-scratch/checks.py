"""Checks for the MLP: float64 formulas and autograd outside, and the mistakes they are told apart from."""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from gpu_runner.checking import Lab, Misconception, check
from misconceptions import ADAMS, DLOGITS, FORWARD, LOSS, SGDS, WAYS, Mistakes, known
from reference import MOMENTUM, RATE, Adam, Training, Weights, logits, p_minus_y, sgd

TERMS = 32
"""Over 40 seeds and three styles errors stay below a thirtieth of the tolerance; the nearest mistake is 20 beyond."""
WALK_TERMS = 64
"""Six steps on, the same; the nearest mistake (gradients that add up) is 400 tolerances away."""
CLEAR = 1e-5
"""No input of ReLU comes nearer to its bend on the way: there a rounding error would change a gradient by a jump."""
STEPS = 6
START = 1.5
"""Fresh losses lie this near to log C: torch's start is 0.01 off, He's up to 0.8; standard normal weights 50."""
SPREAD = 1e-4
"""The smallest of C − 1 singular values of fresh logits over the largest; equal units give 1e-7."""
TEST, GOAL = 400, 0.93
"""Forty runs of the model solution read 0.945 to 0.990, 0.973 on average; untrained networks 0.04 to 0.2."""


def draw_network(lab: Lab) -> tuple[list[int], Weights, str]:
    """Two or three hidden layers of different widths, values of order one, and the name of the last axis."""
    names = "ABCDE"[: lab.random.choice([4, 5])]
    sizes = list(lab.dims(" ".join(names), **dict.fromkeys(names, (4, 14))))
    weights = {}
    for i, (ins, outs) in enumerate(pairwise(names), 1):
        weights[f"w{i}"] = lab.normal(f"{outs} {ins}", scale=(2 / lab.size(ins)) ** 0.5)
        weights[f"b{i}"] = lab.normal(outs, scale=0.5)
    return sizes, weights, names[-1]


@check("forward")
def the_logits_equal_the_reference(lab: Lab) -> None:
    sizes, weights, last = draw_network(lab)
    x = lab.normal("N A")
    out = lab.probe("forward", sizes, weights, x)
    lab.agrees(out, logits, on=(weights, x), axes=f"N {last}", terms=TERMS, misconceptions=known(FORWARD))


@check("fresh")
def a_fresh_network_believes_in_nothing_yet(lab: Lab) -> None:
    lab.fix(N=200, I=64, C=10)
    got = lab.probe("fresh", [64, 96, 48, 10], lab.normal("N I")).tensor(axes="N C").double()
    loss, even = cross_entropy(got, lab.integers("N", low=0, high=10)).item(), math.log(10)
    text = f"The loss of a fresh network on labels that mean nothing is {loss:.3g}; log 10 = {even:.3g} is what no"
    lab.require(abs(loss - even) <= START, f"{text} opinion costs. Divide the weights by the root of their inputs.")
    values = torch.linalg.svdvals(got - got.mean(0))
    spread = (values[8] / values[0]).item() if values[0] > 0 else 0.0
    text = "All units of a layer start alike, so they would learn alike for ever: draw the weights at random."
    lab.require(spread >= SPREAD, text, got=spread, expected=SPREAD)


def compare_loss(lab: Lab, scores: Tensor, y: Tensor, hint: str = "") -> None:
    out, exact = lab.probe("loss", scores, y), scores.double()
    options = {"terms": TERMS, "hint": hint}
    lab.equals(out, cross_entropy(exact, y), axes="", path="loss", misconceptions=known(LOSS, exact, y), **options)
    mistakes = known(DLOGITS, exact, y)
    lab.equals(out, p_minus_y(exact, y) / len(y), axes="N C", path="dlogits", misconceptions=mistakes, **options)


@check("loss")
def loss_and_gradient_equal_the_reference(lab: Lab) -> None:
    lab.dims("N C", N=(7, 11), C=(3, 6))
    compare_loss(lab, lab.normal("N C", scale=2.0), lab.integers("N", low=0, high=lab.size("C")))


@check("large-logits")
def large_logits_stay_finite(lab: Lab) -> None:
    lab.dims("N C", N=(7, 11), C=(3, 6))
    y = lab.integers("N", low=0, high=lab.size("C"))
    scores = lab.normal("N C") + 2000.0 * one_hot(y.roll(1), lab.size("C")) - 1000.0
    compare_loss(lab, scores, y, "Logits are about −1000 and 1000 here; subtract each row's largest first.")


def compare_walks(lab: Lab, name: str, options: dict[str, Any], right: Callable[..., Tensor], others: Mistakes) -> None:
    """Two parameters get drawn gradients of very different sizes; a third gets none and stays."""
    shapes = ["A B", "D", "F"]
    lab.dims("K", K=(5, 7))
    start = [lab.normal(shape) for shape in shapes]
    grads = [lab.normal(f"K {shape}") * 10 ** lab.uniform(shape, low=-2.0, high=0.0) for shape in shapes[:2]]
    out = lab.probe("steps", name, start, grads, options)
    for i, shape in enumerate(shapes):
        on = (start[i].double(), grads[i].double() if i < len(grads) else torch.zeros(0), *options.values())
        hint = f"This is parameter {i + 1} of 3" + (", which never got a gradient." if i == 2 else ".")
        wrong = known(others, *on)
        lab.equals(out, right(*on), axes=shape, path=str(i), terms=TERMS, misconceptions=wrong, hint=hint)


@check("sgd")
def sgd_walks_as_it_should(lab: Lab) -> None:
    options = {"lr": lab.random.uniform(0.1, 0.3), "momentum": lab.random.uniform(0.6, 0.9)}
    compare_walks(lab, "SGD", options, sgd, SGDS)
    compare_walks(lab, "SGD", {"lr": options["lr"]}, partial(sgd, mu=0.0), [])  # the default momentum


@check("adam")
def adam_walks_as_it_should(lab: Lab) -> None:
    betas = [lab.random.uniform(0.7, 0.8), lab.random.uniform(0.9, 0.95)]
    options = {"lr": lab.random.uniform(0.1, 0.3), "betas": betas, "eps": 0.01}
    compare_walks(lab, "Adam", options, Adam(), ADAMS)


@check("trajectory")
def six_steps_lead_to_the_references_network(lab: Lab) -> None:
    lab.fix(K=STEPS, N=16, R=9)
    while True:
        sizes, weights, last = draw_network(lab)
        x, new = lab.normal("K N A"), lab.normal("R A")
        y = lab.integers("K N", low=0, high=sizes[-1])
        losses, after, clear = Training().run(weights, x, y, new)
        if clear > CLEAR:
            break
    out = lab.probe("trajectory", sizes, weights, x, y, new, RATE, MOMENTUM)
    others = [(key, text, way.run(weights, x, y, new)) for key, text, way in WAYS]
    mistakes = [Misconception(key, f"the losses of {text}", partial(torch.clone, ran[0])) for key, text, ran in others]
    hint = "These are the losses that train_step returned, each from before its step."
    lab.equals(out, losses, axes="K", path="losses", terms=WALK_TERMS, misconceptions=mistakes, hint=hint)
    mistakes = [Misconception(key, f"the network of {text}", partial(torch.clone, ran[1])) for key, text, ran in others]
    hint = f"These are the logits for new rows after {STEPS} steps."
    lab.equals(out, after, axes=f"R {last}", path="logits", terms=WALK_TERMS, misconceptions=mistakes, hint=hint)


@check("moves")
def the_whole_model_follows(lab: Lab) -> None:
    sizes, weights, last = draw_network(lab)
    x = lab.normal("N A")
    out = lab.probe("in_double", sizes, weights, x)
    options = {"dtype": torch.float64, "terms": TERMS, "misconceptions": known(FORWARD)}
    lab.agrees(
        out, logits, on=(weights, x), axes=f"N {last}", hint="This is the model after model.double().", **options
    )


@check("accuracy")
def it_reads_digits_that_it_has_not_seen(lab: Lab) -> None:
    rows = torch.frombuffer(bytearray(lab.data("data/digits.bin")), dtype=torch.uint8).view(-1, 65)
    rows = rows[torch.tensor(lab.random.sample(range(len(rows)), len(rows)))]
    x, y = rows[:, :64].float() / 16, rows[:, 64].long()
    lab.fix(T=TEST, C=10)
    guesses = lab.probe("learn", [64, 128, 10], x[TEST:], y[TEST:], x[:TEST]).tensor(axes="T C").argmax(1)
    right = (guesses == y[:TEST]).double().mean().item()
    worst = max(range(10), key=lambda digit: ((y[:TEST] == digit) & (guesses != digit)).sum().item())
    lab.measures("Share of digits read", right, at_least=GOAL, hint=f"The {worst} was misread most often.")


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("Linear", "LazyLinear", "linear", "optim", "CrossEntropyLoss", "cross_entropy", "NLLLoss", "nll_loss")
    lab.forbids("sklearn", "tensorflow", "jax")
