"""The quiz of the Switch Transformers: every fixed answer that can be computed is computed here in another way."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from curriculum.expressions import evaluate
from tests.curriculum.quizzes import Quiz

SWITCH = Quiz("switch-transformers")
LOGITS = [[1.0, 0.2, -0.3], [0.1, 0.9, 0.4], [0.8, -0.5, 0.3]]  # tokens by experts


def softmax(scores: list[float]) -> list[float]:
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def fractions(logits: list[list[float]]) -> list[float]:
    chosen = [row.index(max(row)) for row in logits]
    return [chosen.count(expert) / len(logits) for expert in range(len(logits[0]))]


def probabilities(logits: list[list[float]]) -> list[float]:
    return [sum(column) / len(logits) for column in zip(*map(softmax, logits), strict=True)]


def balance(alpha: float, loads: list[float], means: list[float]) -> float:
    return alpha * len(loads) * sum(f * p for f, p in zip(loads, means, strict=True))


def slope(function: Callable[[list[list[float]]], float]) -> float:
    """How `function` changes with the first logit of the first token."""
    step = 1e-6
    up, down = ([[LOGITS[0][0] + sign * step, *LOGITS[0][1:]], *LOGITS[1:]] for sign in (1, -1))
    return (function(up) - function(down)) / (2 * step)


def test_the_balancing_loss_is_alpha_when_even_and_n_times_that_when_collapsed() -> None:
    for experts in (4, 16):
        even, collapsed = [1 / experts] * experts, [1.0] + [0.0] * (experts - 1)
        values = {"alpha": 0.01, "N": experts}
        assert evaluate(SWITCH.blank("uniform", "loss").expression, {"alpha": 0.01}) == pytest.approx(
            balance(0.01, even, even)
        )
        assert evaluate(SWITCH.blank("uniform", "sum").expression, {"N": experts}) == pytest.approx(
            sum(f * f for f in even)
        )
        assert evaluate(SWITCH.expression("collapse"), values) == pytest.approx(balance(0.01, collapsed, collapsed))


def test_the_gradient_passes_through_the_mean_probability_only() -> None:
    assert SWITCH.right("gradient") == {"p"}
    assert slope(lambda logits: fractions(logits)[0]) == 0
    assert slope(lambda logits: probabilities(logits)[0]) > 0.01


def test_without_the_gate_the_router_gets_no_gradient_of_the_task() -> None:
    def output(logits: list[list[float]], *, gated: bool) -> float:
        gates = softmax(logits[0])
        return (max(gates) if gated else 1.0) * [3.0, -2.0, 5.0][gates.index(max(gates))]

    assert SWITCH.right("no-gate") == {"router"}
    assert slope(lambda logits: output(logits, gated=False)) == 0
    assert abs(slope(lambda logits: output(logits, gated=True))) > 0.1


def test_a_larger_capacity_drops_no_more_and_pads_no_less() -> None:
    loads = [7, 12, 3, 10]
    dropped = [sum(max(0, load - room) for load in loads) for room in range(1, 15)]
    empty = [sum(max(0, room - load) for load in loads) for room in range(1, 15)]

    assert SWITCH.right("capacity-factor") == {"fewer-dropped", "waste"}
    assert dropped == sorted(dropped, reverse=True)
    assert empty == sorted(empty)


def test_the_gate_comes_after_the_expert_and_before_the_residual() -> None:
    assert SWITCH.steps("token-path") == ["logits", "softmax", "choose", "expert", "gate", "residual"]
