"""The first week: broadcasting, gradients by hand, steps of optimisers, and what training keeps in memory."""

from __future__ import annotations

from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def broadcast_shape(random: Random) -> Draw:
    batch, rows, columns = random.sample(range(2, 40), 3)
    return Draw(
        {"B": batch, "M": rows, "K": columns},
        [batch, rows, columns],
        {"unstretched": [batch, 1, columns], "appended": [batch, 1, columns, rows, 1], "no_batch": [rows, columns]},
    )


def mlp_parameters(random: Random) -> Draw:
    def make() -> Draw:
        inputs, first, second, outputs = random.sample(range(10, 800), 4)
        pairs = ((inputs, first), (first, second), (second, outputs))
        weights, biases = sum(a * b for a, b in pairs), first + second + outputs
        return Draw(
            {"i": inputs, "h1": first, "h2": second, "o": outputs},
            weights + biases,
            {"no_biases": weights, "no_output": weights + biases - (second + 1) * outputs, "units": biases},
        )

    return set_apart(make, gap=0)


def squared_error_gradient(random: Random) -> Draw:
    def make() -> Draw:
        weight, value, bias, target = (random.randrange(-9, 10) for _ in range(4))
        error = weight * value + bias - target
        return Draw(
            {"w": weight, "x": value, "b": bias, "t": target, "y": weight * value + bias},
            2 * error * value,
            {"no_two": error * value, "of_bias": 2 * error, "sign": -2 * error * value},
        )

    return set_apart(make, least=1)


def momentum_steps(random: Random) -> Draw:
    """Two steps of SGD as PyTorch takes them: v = mu v + g, then p = p - lr v."""

    def make() -> Draw:
        start, first, second = random.randrange(-60, 61) / 10, random.randrange(-9, 10), random.randrange(-9, 10)
        rate, momentum = random.choice([0.1, 0.2, 0.5]), random.choice([0.5, 0.8, 0.9])
        velocity = momentum * first + second
        damped = momentum * (1 - momentum) * first + (1 - momentum) * second
        return Draw(
            {"p": start, "g1": first, "g2": second, "lr": rate, "mu": momentum},
            start - rate * first - rate * velocity,
            {
                "no_momentum": start - rate * (first + second),
                "averaged": start - rate * (1 - momentum) * first - rate * damped,
                "second_only": start - rate * velocity,
            },
        )

    return set_apart(make, least=0.5)


def adam_mean(random: Random) -> Draw:
    """The bias-corrected first moment after two steps, with beta_1 = 0.9."""

    def make() -> Draw:
        first, second = random.randrange(-30, 31), random.randrange(-30, 31)
        moment = 0.9 * 0.1 * first + 0.1 * second
        return Draw(
            {"g1": first, "g2": second},
            moment / (1 - 0.9**2),
            {"uncorrected": moment, "plain_mean": (first + second) / 2, "first_step": moment / (1 - 0.9)},
        )

    return set_apart(make, gap=0.03, least=0.5)


def adam_training_gb(random: Random) -> Draw:
    """In gigabytes of a thousand million bytes; everything in float32."""
    millions = 5 * random.randrange(3, 600)
    each = 4 * millions / 1000
    return Draw(
        {"N": millions},
        4 * each,
        {"weights": each, "no_moments": 2 * each, "one_moment": 3 * each},
    )


PYTORCH: Final[tuple[Generator, ...]] = (
    broadcast_shape,
    mlp_parameters,
    squared_error_gradient,
    momentum_steps,
    adam_mean,
    adam_training_gb,
)
