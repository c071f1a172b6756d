"""Recurrent networks: what their cells hold and one step of an LSTM."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def _cell(inputs: int, hidden: int, gates: int, biases: int) -> int:
    return gates * (inputs * hidden + hidden**2 + biases * hidden)


def lstm_parameters(random: Random) -> Draw:
    """With one bias for each gate, as in the equations."""

    def make() -> Draw:
        inputs, hidden = random.sample([8 * size for size in range(3, 80)], 2)
        return Draw(
            {"i": inputs, "h": hidden},
            _cell(inputs, hidden, 4, 1),
            {
                "one_gate": _cell(inputs, hidden, 1, 1),
                "three_gates": _cell(inputs, hidden, 3, 1),
                "no_bias": _cell(inputs, hidden, 4, 0),
                "two_biases": _cell(inputs, hidden, 4, 2),
            },
        )

    return set_apart(make, gap=0)


def gru_parameters(random: Random) -> Draw:
    """Without biases, as the paper writes it."""

    def make() -> Draw:
        inputs, hidden = random.sample([8 * size for size in range(3, 80)], 2)
        return Draw(
            {"i": inputs, "h": hidden},
            _cell(inputs, hidden, 3, 0),
            {
                "lstm": _cell(inputs, hidden, 4, 0),
                "two_gates": _cell(inputs, hidden, 2, 0),
                "no_recurrence": 3 * inputs * hidden,
            },
        )

    return set_apart(make, gap=0)


def lstm_state(random: Random) -> Draw:
    """The new cell state from the gates' values."""

    def make() -> Draw:
        state = random.randrange(-250, 251) / 100
        forget, write = (random.randrange(1, 100) / 100 for _ in range(2))
        candidate = random.randrange(-99, 100) / 100
        return Draw(
            {"c": state, "f": forget, "i": write, "g": candidate},
            forget * state + write * candidate,
            {
                "all_kept": state + write * candidate,
                "swapped": write * state + forget * candidate,
                "complement": forget * state + (1 - forget) * candidate,
                "squashed": math.tanh(forget * state + write * candidate),
            },
        )

    return set_apart(make, least=0.1)


def aligned_context_shape(random: Random) -> Draw:
    batch, source, target = random.sample(range(3, 64), 3)
    hidden = 8 * random.randrange(9, 65)
    return Draw(
        {"B": batch, "Tx": source, "Ty": target, "n": hidden},
        [batch, target, source],
        {
            "transposed": [batch, source, target],
            "contexts": [batch, target, 2 * hidden],
            "square": [batch, source, source],
        },
    )


def context_value(random: Random) -> Draw:
    """One coordinate of the context: annotations averaged with the weights of attention."""

    def make() -> Draw:
        cuts = sorted(random.sample(range(5, 96), 2))
        weights = [cuts[0] / 100, (cuts[1] - cuts[0]) / 100, (100 - cuts[1]) / 100]
        states = random.sample(range(-20, 21), 3)
        return Draw(
            {"w": vector(weights), "h": vector(states)},
            sum(weight * state for weight, state in zip(weights, states, strict=True)),
            {"best_only": states[weights.index(max(weights))], "mean": sum(states) / 3, "sum": sum(states)},
        )

    return set_apart(make, least=0.5)


def gru_state(random: Random) -> Draw:
    """In the paper's convention, where the gate is the share of the old state."""

    def make() -> Draw:
        gate = random.randrange(5, 96) / 100
        old, candidate = (random.randrange(-95, 96) / 100 for _ in range(2))
        return Draw(
            {"z": gate, "h": old, "c": candidate},
            gate * old + (1 - gate) * candidate,
            {
                "other_convention": (1 - gate) * old + gate * candidate,
                "not_forgotten": old + (1 - gate) * candidate,
                "candidate_in_full": gate * old + candidate,
            },
        )

    return set_apart(make, least=0.05)


RECURRENT: Final[tuple[Generator, ...]] = (
    lstm_parameters,
    gru_parameters,
    lstm_state,
    aligned_context_shape,
    context_value,
    gru_state,
)
