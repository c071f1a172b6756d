"""Recurrent networks: what their cells hold and one step of an LSTM."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


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


RECURRENT: Final[tuple[Generator, ...]] = (lstm_parameters, gru_parameters, lstm_state, aligned_context_shape)
