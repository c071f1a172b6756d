"""The drawn answers of the first week, computed by PyTorch itself where it can be asked."""

from __future__ import annotations

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers


def test_shapes_are_broadcast_as_pytorch_does_it() -> None:
    for drawn in drawings("broadcast_shape", 20):
        batch, rows, columns = integers(drawn, "B", "M", "K")
        assert drawn.answer == list((torch.empty(batch, 1, columns) + torch.empty(rows, 1)).shape)


def test_the_parameters_are_those_of_three_linear_layers() -> None:
    for drawn in drawings("mlp_parameters", 5):
        i, first, second, o = integers(drawn, "i", "h1", "h2", "o")
        layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in ((i, first), (first, second), (second, o)))
        assert drawn.answer == sum(parameter.numel() for parameter in layers.parameters())


def test_the_gradient_is_autograds() -> None:
    for drawn in drawings("squared_error_gradient", 20):
        weight, value, bias, target = numbers(drawn, "w", "x", "b", "t")
        w = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
        ((w * value + bias - target) ** 2).backward()  # type: ignore[no-untyped-call]  # torch's own signature
        assert w.grad is not None
        assert drawn.answer == w.grad.item()


def test_momentum_is_that_of_torch_optim() -> None:
    for drawn in drawings("momentum_steps", 20):
        start, rate, momentum, *gradients = numbers(drawn, "p", "lr", "mu", "g1", "g2")
        p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimiser = torch.optim.SGD([p], lr=rate, momentum=momentum)
        for gradient in gradients:
            p.grad = torch.tensor(gradient, dtype=torch.float64)
            optimiser.step()
        assert drawn.answer == pytest.approx(p.item())


def test_the_corrected_mean_weighs_the_gradients_to_one() -> None:
    for drawn in drawings("adam_mean"):
        first, second = numbers(drawn, "g1", "g2")
        assert drawn.answer == pytest.approx((0.9 * first + second) / 1.9)


def test_training_keeps_four_numbers_for_each_parameter() -> None:
    for drawn in drawings("adam_training_gb"):
        (millions,) = integers(drawn, "N")
        assert drawn.answer == pytest.approx(millions * 1e6 * (4 + 4 + 4 + 4) / 1e9)
