"""Mixtures of experts: capacity, dropped tokens, the balancing loss, gates, parameters."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def expert_capacity(random: Random) -> Draw:
    experts = random.choice([4, 8, 16, 32, 64])
    share = 4 * random.randrange(5, 80)
    factor = random.choice([1.25, 1.5, 1.75, 2.0])
    return Draw(
        {"T": experts * share, "N": experts, "c": factor, "share": share},
        share * factor,
        {"no_factor": share, "not_shared": experts * share * factor, "divided": share / factor},
    )


def dropped_tokens(random: Random) -> Draw:
    def make() -> Draw:
        capacity = random.randrange(30, 80)
        loads = [capacity + random.randrange(-25, 26) for _ in range(4)]
        over = [load - capacity for load in loads if load > capacity]
        return Draw(
            {"C": capacity, "loads": ", ".join(str(load) for load in loads), "total": sum(loads)},
            sum(over),
            {
                "net": sum(loads) - 4 * capacity,
                "all_of_a_full_expert": sum(load for load in loads if load > capacity),
                "experts": len(over),
                "worst_only": max(over, default=0),
            },
        )

    return set_apart(make, gap=0, least=1)


def balance_loss(random: Random) -> Draw:
    def make() -> Draw:
        loads, probabilities = _shares(random), _shares(random)
        product = sum(f * p for f, p in zip(loads, probabilities, strict=True)) / 10_000
        return Draw(
            {"f": _hundredths(loads), "p": _hundredths(probabilities), "sum": round(product, 4)},
            0.01 * 4 * product,
            {"no_n": 0.01 * product, "no_alpha": 4 * product, "mean": 0.01 * product / 4},
        )

    return set_apart(make)


def switch_layer_parameters(random: Random) -> Draw:
    width, experts = 64 * random.randrange(4, 33), random.choice([8, 16, 32, 64, 128])
    hidden = width * random.choice([2, 3, 4])
    expert = 2 * width * hidden
    return Draw(
        {"d": width, "ff": hidden, "N": experts, "expert": expert, "router": width * experts},
        experts * expert + width * experts,
        {
            "no_router": experts * expert,
            "active": expert + width * experts,
            "one_matrix": experts * expert // 2 + width * experts,
        },
    )


def switch_output(random: Random) -> Draw:
    def make() -> Draw:
        logits = random.sample([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0], 3)
        outputs = random.sample([value for value in range(-9, 10) if value], 3)
        powers = [math.exp(logit) for logit in logits]
        gates = [power / sum(powers) for power in powers]
        best = gates.index(max(gates))
        return Draw(
            {"z": vector(logits), "e": vector(outputs), "p": round(gates[best], 3), "best": best + 1},
            gates[best] * outputs[best],
            {
                "ungated": outputs[best],
                "mixture": sum(gate * output for gate, output in zip(gates, outputs, strict=True)),
                "by_logit": logits[best] * outputs[best],
            },
        )

    return set_apart(make, gap=0.1, least=0.2)


def _shares(random: Random) -> list[int]:
    """Four different shares in hundredths that add to 100."""
    cuts = sorted(random.sample(range(5, 96), 3))
    return [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]


def _hundredths(shares: list[int]) -> str:
    return vector([share / 100 for share in shares])


def initial_deviation(random: Random) -> Draw:
    """The standard deviation of weights at a scale of 0.1."""
    inputs = 8 * random.randrange(16, 1025)
    return Draw(
        {"n": inputs},
        math.sqrt(0.1 / inputs),
        {"variance": 0.1 / inputs, "usual": math.sqrt(1 / inputs), "outside": 0.1 / math.sqrt(inputs)},
    )


def top_two_weight(random: Random) -> Draw:
    """The weight of the best of four experts when the two best share all of it."""

    def make() -> Draw:
        scores = [score / 100 for score in random.sample(range(-200, 301), 4)]
        best, second, *_ = sorted(scores, reverse=True)
        return Draw(
            {"z": vector(scores), "best": best, "second": second},
            1 / (1 + math.exp(second - best)),
            {
                "all_four": math.exp(best) / sum(math.exp(score) for score in scores),
                "share": best / (best + second) if best + second else 0,
                "one": 1,
            },
        )

    return set_apart(make, gap=0.02)


def expert_share(random: Random) -> Draw:
    batch, experts, chosen = 128 * random.randrange(2, 65), random.choice([64, 128, 256, 512]), random.choice([2, 3, 4])
    return Draw(
        {"b": batch, "n": experts, "k": chosen},
        chosen * batch / experts,
        {"no_k": batch / experts, "not_divided": chosen * batch, "all": batch},
    )


MOE: Final[tuple[Generator, ...]] = (
    expert_capacity,
    dropped_tokens,
    balance_loss,
    switch_layer_parameters,
    switch_output,
    initial_deviation,
    top_two_weight,
    expert_share,
)
