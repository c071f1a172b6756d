"""Checks for backpropagation by hand: autograd in float64 is the reference, and the mistakes are formulas."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss, one_hot

from gpu_runner.checking import Lab, Misconception, Observation, check, curves

Params = dict[str, Tensor]
Case = tuple[Params, Tensor, Tensor]  # parameters, rows x (N, I), a gradient by the logits (N, O)
Mistakes = list[tuple[str, str, Callable[..., Tensor]]]

TERMS = 256
"""In float64, so 2e-13: over 32 seeds and three styles the error is below a hundredth of it; float32 is 1e-7 off."""
STEP = 1e-6
DIFFERENCE = 1e-7
"""Central differences of order one with this step are good to some 1e-9; a wrong gradient is off by 1e-2 and more."""
CLEAR = 1e-3
"""No input of ReLU stands nearer to its bend."""
DIGITS, STEPS, RATE, GOAL, EVERY = 120, 200, 0.5, 0.2, 10
"""Twelve seeds reach 0.02 to 0.03; a network whose first layer does not learn stays above 0.29."""

AXES = {"w1": "I H", "b1": "H", "w2": "H O", "b2": "O"}


def hidden(p: Params, x: Tensor) -> Tensor:
    return x @ p["w1"] + p["b1"]


def logits(p: Params, x: Tensor, activate: Callable[[Tensor], Tensor] = torch.relu) -> Tensor:
    return activate(hidden(p, x)) @ p["w2"] + p["b2"]


FORWARD: Mistakes = [
    ("no-relu", "logits without ReLU", partial(logits, activate=lambda z: z)),
    ("tanh", "logits with tanh in the place of ReLU", partial(logits, activate=torch.tanh)),
    ("sigmoid", "logits with a sigmoid in the place of ReLU", partial(logits, activate=torch.sigmoid)),
    ("no-biases", "logits without biases", lambda p, x: torch.relu(x @ p["w1"]) @ p["w2"]),
    ("relu-at-end", "logits with ReLU behind the second layer too", lambda p, x: torch.relu(logits(p, x))),
    ("probabilities", "probabilities instead of logits", lambda p, x: logits(p, x).softmax(1)),
]
LOSS: Mistakes = [
    ("summed", "the loss summed over the rows", lambda s, y: cross_entropy(s, y, reduction="sum")),
    ("over-rows", "the loss with a softmax over the rows", lambda s, y: nll_loss(s.log_softmax(0), y)),
    ("over-all", "the loss averaged over all entries", lambda s, y: cross_entropy(s, y) / s.size(1)),
    ("sign", "the loss with the wrong sign", lambda s, y: -cross_entropy(s, y)),
    ("softmax-twice", "the loss with softmax applied twice", lambda s, y: cross_entropy(s.softmax(1), y)),
    ("two-as-base", "the loss with logarithms to base 2", lambda s, y: cross_entropy(s, y) / math.log(2)),
]


def p_minus_y(scores: Tensor, y: Tensor) -> Tensor:
    return scores.softmax(1) - one_hot(y, scores.size(1))


def right_class_alone(scores: Tensor, y: Tensor) -> Tensor:
    return p_minus_y(scores, y) * one_hot(y, scores.size(1)) / len(y)


DLOGITS: Mistakes = [
    ("summed", "p − y, not divided by N", p_minus_y),
    ("probabilities", "p / N, the right class not subtracted", lambda s, y: s.softmax(1) / len(y)),
    ("sign", "the gradient with the wrong sign", lambda s, y: -p_minus_y(s, y) / len(y)),
    ("all-entries", "the gradient divided by all entries", lambda s, y: p_minus_y(s, y) / s.numel()),
    ("right-class-alone", "a gradient at the right class alone", right_class_alone),
]


def backwards(p: Params, x: Tensor, dlogits: Tensor, slope: Callable[[Tensor, Tensor], Tensor]) -> Params:
    """Gradients with ReLU's slope computed by `slope(z, dh)`."""
    z, dh = hidden(p, x), dlogits @ p["w2"].mT
    dz = dh * slope(z, dh)
    grads = {"w2": torch.relu(z).mT @ dlogits, "b2": dlogits.sum(0)}
    return grads | {"w1": x.mT @ dz, "b1": dz.sum(0), "x": dz @ p["w1"].mT}


SLOPES: list[tuple[str, str, Callable[[Tensor, Tensor], Tensor]]] = [
    ("relu-ignored", "the gradient as if there were no ReLU", lambda z, _: z**0),
    ("mask-of-gradient", "the gradient masked by its own sign", lambda _, dh: (dh > 0).double()),
    ("mask-flipped", "the gradient let through where ReLU was shut", lambda z, _: (z <= 0).double()),
    ("relu-value", "the gradient multiplied by ReLU's value", lambda z, _: torch.relu(z)),
]


def mistaken(name: str, p: Params, x: Tensor, dlogits: Tensor) -> list[Misconception]:
    """What known mistakes give for the gradient of one array."""
    right = backwards(p, x, dlogits, lambda z, _: (z > 0).double())[name]
    found = [(identity, text, backwards(p, x, dlogits, slope)[name]) for identity, text, slope in SLOPES]
    found.append(("sign", "the gradient with the wrong sign", -right))
    if name in ("b1", "b2"):
        coming = dlogits if name == "b2" else dlogits @ p["w2"].mT * (hidden(p, x) > 0)
        found.append(("averaged", "an average over the rows instead of a sum", coming.mean(0)))
        found.append(("first-row", "the first row alone, not the sum over the rows", coming[0]))
    else:
        found.append(("divided-again", "the gradient divided by N once more", right / len(x)))
        found.append(("transposed", "the transposed gradient", right.mT))
    if name == "w2":
        found.append(("before-relu", "a gradient made with the hidden layer before ReLU", hidden(p, x).mT @ dlogits))
    return [Misconception(identity, text, partial(torch.clone, answer)) for identity, text, answer in found]


def draw(lab: Lab) -> Case:
    lab.dims("N I H O", N=(6, 9), I=(4, 7), H=(8, 12), O=(3, 5))
    while True:
        scales = {"w1": lab.size("I") ** -0.5, "w2": lab.size("H") ** -0.5, "b1": 0.5, "b2": 0.5}
        p = {name: lab.normal(axes, scale=scales[name]).double() for name, axes in AXES.items()}
        x = lab.normal("N I").double()
        if hidden(p, x).abs().min() > CLEAR:
            return p, x, lab.normal("N O").double()


def draw_classes(lab: Lab) -> Tensor:
    lab.dims("N O", N=(6, 9), O=(3, 5))
    return lab.integers("N", low=0, high=lab.size("O"))


def judge(lab: Lab, out: Observation, expected: Tensor, known: list[Misconception], **options: str) -> None:
    lab.equals(out, expected, dtype=torch.float64, terms=TERMS, misconceptions=known, **options)


def named(mistakes: Mistakes, *inputs: object) -> list[Misconception]:
    return [Misconception(name, text, partial(fn, *inputs)) for name, text, fn in mistakes]


@check("forward")
def the_logits_equal_the_reference(lab: Lab) -> None:
    p, x, _ = draw(lab)
    judge(lab, lab.probe("logits", p, x), logits(p, x), named(FORWARD, p, x), axes="N O")


def compare_loss(lab: Lab, scores: Tensor, y: Tensor, path: str, hint: str = "") -> None:
    out = lab.probe("loss", scores, y)
    if path == "loss":
        judge(lab, out, cross_entropy(scores, y), named(LOSS, scores, y), axes="", path=path, hint=hint)
    else:
        judge(lab, out, p_minus_y(scores, y) / len(y), named(DLOGITS, scores, y), axes="N O", path=path, hint=hint)


@check("loss")
def the_loss_equals_the_reference(lab: Lab) -> None:
    y = draw_classes(lab)
    compare_loss(lab, lab.normal("N O", scale=2.0).double(), y, "loss")


@check("large-logits")
def large_logits_stay_finite(lab: Lab) -> None:
    y = draw_classes(lab)
    scores = lab.normal("N O").double() + 2000 * one_hot(y.roll(1), lab.size("O")) - 1000
    scores[0] -= 5000  # beside this row the others are large: one shift for all would leave it nothing
    for path in ("loss", "dlogits"):
        compare_loss(lab, scores, y, path, "Logits are about −1000 and 1000 here; subtract each row's largest first.")


@check("dlogits")
def the_gradient_by_the_logits_equals_the_reference(lab: Lab) -> None:
    y = draw_classes(lab)
    compare_loss(lab, lab.normal("N O", scale=2.0).double(), y, "dlogits")


def compare_gradients(lab: Lab, names: dict[str, str]) -> None:
    p, x, dlogits = draw(lab)
    leaves = {name: t.clone().requires_grad_() for name, t in {**p, "x": x}.items()}
    (logits(leaves, leaves["x"]) * dlogits).sum().backward()
    out = lab.probe("backward", p, x, dlogits)
    for name, axes in names.items():
        hint = f"This is the gradient of {name}."
        judge(lab, out, leaves[name].grad, mistaken(name, p, x, dlogits), axes=axes, path=name, hint=hint)


@check("output-layer")
def the_output_layers_gradients_equal_the_reference(lab: Lab) -> None:
    compare_gradients(lab, {"w2": "H O", "b2": "O"})


@check("hidden-layer")
def the_hidden_layers_gradients_equal_the_reference(lab: Lab) -> None:
    compare_gradients(lab, {"w1": "I H", "b1": "H", "x": "N I"})


@check("gradcheck")
def gradients_agree_with_differences(lab: Lab) -> None:
    p, x, _ = draw(lab)
    y = draw_classes(lab)
    axes = {**AXES, "x": "N I"}
    directions = {name: lab.normal(shape, scale=0.3).double() for name, shape in axes.items()}
    out = lab.probe("around", p, x, y, directions, STEP)
    for name, shape in axes.items():
        gradient = out.tensor(f"gradients/{name}", axes=shape, dtype=torch.float64)
        ahead, back = (out.tensor(f"{side}/{name}", axes="", dtype=torch.float64) for side in ("ahead", "back"))
        difference, slope = ((ahead - back) / (2 * STEP)).item(), (gradient * directions[name]).sum().item()
        text = f"Along a direction of {name} your loss changes by {difference:.6g} per unit"
        text += f"; your gradient says {slope:.6g}."
        lab.require(abs(difference - slope) <= DIFFERENCE, text, expected=difference, got=slope)
        lab.require(abs(difference) > DIFFERENCE, f"Your loss does not depend on {name} at all.")


@check("descent")
def two_hundred_steps_learn_digits(lab: Lab) -> None:
    rows = torch.frombuffer(bytearray(lab.data("data/digits.bin")), dtype=torch.uint8).view(-1, 65)
    chosen = rows[torch.tensor(lab.random.sample(range(len(rows)), DIGITS))]
    x, y = chosen[:, :64].double() / 16, chosen[:, 64].long()
    lab.fix(I=64, H=32, O=10)
    scales = {"w1": (2 / 64) ** 0.5, "w2": 0.5 * (2 / 32) ** 0.5, "b1": 0.0, "b2": 0.0}
    start = {name: lab.normal(axes, scale=scales[name]).double() for name, axes in AXES.items()}
    out = lab.probe("train", start, x, y, steps=STEPS, rate=RATE, every=EVERY)
    after = {name: out.tensor(name, axes=axes, dtype=torch.float64) for name, axes in AXES.items()}
    show_the_descent(lab, out, x, y, after)
    before, reached = (cross_entropy(logits(p, x), y).item() for p in (start, after))
    text = f"{STEPS} steps with rate {RATE} took the loss on {DIGITS} digits from {before:.3g} to {reached:.3g}; "
    text += f"the goal is {GOAL}."
    lab.require(reached <= GOAL, text, expected=GOAL, got=reached)


def show_the_descent(lab: Lab, out: Observation, x: Tensor, y: Tensor, after: Params) -> None:
    """The loss along the way, computed here from the weights that were passed through."""
    axes = {name: f"{STEPS // EVERY} {shape}" for name, shape in AXES.items()}
    path = {name: out.tensor(f"path/{name}", axes=shape, dtype=torch.float64) for name, shape in axes.items()}
    stops = [{name: path[name][at] for name in AXES} for at in range(STEPS // EVERY)] + [after]
    losses = [cross_entropy(logits(p, x), y).item() for p in stops]
    lab.show(curves(f"Loss on your digits, after every {EVERY} steps", f"{EVERY} steps", loss=losses))


@check("inputs-untouched")
def the_inputs_are_left_alone(lab: Lab) -> None:
    p, x, dlogits = draw(lab)
    out = lab.probe("listed", x, dlogits, *p.values(), return_inputs=True)
    lab.unchanged(out, x=x, dlogits=dlogits, **p)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("torch", "jax", "autograd", "tensorflow", "sklearn", "scipy")
