"""Checks for the template lab: a float64 reference, the known mistakes, and one function per check."""

from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check


def reference(x: Tensor) -> Tensor:
    return x - x.mean(dim=-1, keepdim=True)  # (N, D)


def over_everything(x: Tensor) -> Tensor:
    return x - x.mean()


def over_rows(x: Tensor) -> Tensor:
    return x - x.mean(dim=0, keepdim=True)


MISTAKES = [
    Misconception("over-everything", "x less the mean of the whole matrix", over_everything),
    Misconception("over-rows", "x less the mean of every column", over_rows),
]


@check("values")
def every_row_has_mean_zero(lab: Lab) -> None:
    x = lab.normal("N D") + 3.0
    lab.agrees(lab.call("centre", x), reference, on=(x,), axes="N D", misconceptions=MISTAKES)


@check("gradients")
def the_gradient_equals_the_reference(lab: Lab) -> None:
    lab.gradients_agree("centre", reference, by={"x": lab.normal("N D")}, axes="N D", misconceptions=MISTAKES)


@check("input-untouched")
def the_input_is_left_alone(lab: Lab) -> None:
    x = lab.normal("N D")
    lab.unchanged(lab.call("centre", x, return_inputs=True), x=x)
