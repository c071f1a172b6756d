"""What goes wrong between one base and its adapters, as the answers that it leads to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

import torch
from torch import Tensor

from drawing import Case
from gpu_runner.checking import Misconception
from reference import Training, Weights, change

Turns = Sequence[str | None]
Parts = dict[str, float]


def flat(state: Weights) -> Tensor:
    """All arrays of an adapter, one after the other by name: (N,)."""
    return torch.cat([state[name].flatten() for name in sorted(state)])


def files(case: Case, name: str, on: str) -> list[Misconception]:
    def scaled() -> Tensor:
        factor = case.alpha / case.rank
        return flat({key: array * (factor if "lora_B" in key else 1) for key, array in case.states[name].items()})

    ways: list[tuple[str, str, Callable[[], Tensor]]] = [
        ("the-one-on", "the adapter that was switched on", lambda: flat(case.states[on])),
        ("first-one", "the adapter that came first", lambda: flat(case.states[case.names[0]])),
        ("scaled", "the adapter with α/r multiplied into B", scaled),
    ]
    return [Misconception(key, text, fn) for key, text, fn in ways]


def turns(case: Case, order: Turns, ids: Tensor) -> list[Misconception]:
    """Logits of all turns, (K, B, T, V), for what a switch may do instead."""

    def answers(way: Callable[[int], Parts], scale: float | None = None) -> Tensor:
        return torch.stack([case.logits(ids, way(at), scale) for at in range(len(order))])

    def alone(at: int) -> Parts:
        name = order[at]
        return {name: 1.0} if name else {}

    def together(at: int) -> Parts:
        return dict.fromkeys(case.names, 1.0) if order[at] else {}

    def so_far(at: int) -> Parts:
        return {name: 1.0 for name in order[: at + 1] if name}

    def stays_on(at: int) -> Parts:
        last = [name for name in order[: at + 1] if name][-1:]
        return dict.fromkeys(last, 1.0)

    def stays_off(at: int) -> Parts:
        return {} if None in order[:at] else alone(at)

    rank = case.rank
    ways: list[tuple[str, str, Callable[[], Tensor], str]] = [
        ("base-alone", "the base, whatever is switched on", lambda: answers(lambda _: {}), ""),
        ("first-stays", "the adapter that came first", lambda: answers(lambda _: {case.names[0]: 1.0}), ""),
        ("all-at-once", "all adapters together", lambda: answers(together), ""),
        ("piled-up", "every adapter switched on so far", lambda: answers(so_far), ""),
        ("not-switched-off", "the last adapter where the base was wanted", lambda: answers(stays_on), ""),
        ("stays-off", "the base for good once it was asked for", lambda: answers(stays_off), ""),
        ("no-scale", "adapters without α/r", lambda: answers(alone, 1.0), "lora.scaling"),
        ("default-alpha", "adapters whose α is peft's default, 8", lambda: answers(alone, 8 / rank), "lora.scaling"),
    ]
    return [Misconception(*way) for way in ways]


WALKS: list[tuple[str, str, Training, str]] = [
    ("double-shift", "steps on the token after the next", Training(shift=2), "language.loss"),
    ("no-shift", "steps on the token that is given", Training(shift=0), "language.loss"),
    ("summed", "steps on the sum over tokens", Training(summed=True), "language.loss"),
    ("not-cleared", "steps whose gradients are never set to zero", Training(clears=False), ""),
    ("base-learns", "steps that move the base as well", Training(base_learns=True), ""),
    ("after", "the losses from after each step", Training(after=True), ""),
    ("no-scale", "steps on adapters without α/r", Training(scale=lambda *_: 1.0), "lora.scaling"),
    ("default-alpha", "steps with peft's default α, 8", Training(scale=lambda _, rank: 8 / rank), "lora.scaling"),
]

Walked = tuple[Tensor, Weights, Weights]


def walking(case: Case, name: str, batches: list[Tensor], lr: float, momentum: float) -> Callable[[Training], Walked]:
    """Each way is walked once, and only if somebody asks."""

    @cache
    def walked(way: Training) -> Walked:
        return way.walk(case.weights, case.states[name], case.alpha, batches, lr, momentum)

    return walked


def walks(walked: Callable[[Training], Walked], part: Callable[[Walked], Tensor]) -> list[Misconception]:
    return [Misconception(key, text, lambda way=way: part(walked(way)), skill) for key, text, way, skill in WALKS]


def offs(case: Case, name: str, walked: Callable[[Training], Walked], ids: Tensor) -> list[Misconception]:
    def on() -> Tensor:
        learned = replace(case, states={name: walked(Training())[1]})
        return learned.logits(ids, {name: 1.0})

    def moved() -> Tensor:
        return replace(case, weights=walked(Training(base_learns=True))[2]).logits(ids, {})

    return [
        Misconception("still-on", "the model with its adapter on", on),
        Misconception("base-learns", "a base that has learned as well", moved, "lora.training"),
    ]


def merges(case: Case, name: str, on: str, place: str) -> list[Misconception]:
    """One merged matrix."""
    w, factor = case.weights[f"{place}.weight"], case.alpha / case.rank

    def with_(parts: Parts, scale: float = factor) -> Tensor:
        return sum((scale * share * change(case.states[at], place) for at, share in parts.items()), w)

    ways: list[tuple[str, str, Callable[[], Tensor]]] = [
        ("not-merged", "the base's own matrix", lambda: w),
        ("the-one-on", "the matrix with the adapter that was switched on", lambda: with_({on: 1.0})),
        ("all-merged", "the matrix with every adapter in it", lambda: with_(dict.fromkeys(case.names, 1.0))),
        ("twice", "the matrix with the adapter in it twice", lambda: with_({name: 2.0})),
        ("no-scale", "the matrix with BA and without α/r", lambda: with_({name: 1.0}, 1.0)),
    ]
    return [Misconception(*way) for way in ways]


def mixtures(case: Case, weights: Parts, ids: Tensor) -> list[Misconception]:
    factor = case.alpha / case.rank

    def by_factors(share_a: Callable[[float], float], share_b: Callable[[float], float]) -> Tensor:
        """Factors added up before they are multiplied: (Σ a B)(Σ b A)."""
        states = [(share, case.states[name]) for name, share in weights.items()]
        joined = {
            key: sum((share_b if "lora_B" in key else share_a)(share) * state[key] for share, state in states)
            for key in states[0][1]
        }
        return replace(case, states={"joined": joined}).logits(ids, {"joined": 1.0})

    def root(share: float) -> float:
        return float(abs(share) ** 0.5)

    def signed_root(share: float) -> float:
        return root(share) if share > 0 else -root(share)

    even = {name: 1 / len(weights) for name in weights}
    ways: list[tuple[str, str, Callable[[], Tensor]]] = [
        ("factors-added", "A and B each added up with the weights", lambda: by_factors(float, float)),
        ("roots-added", "A and B each added up with the weights' roots", lambda: by_factors(signed_root, root)),
        ("b-added", "the A added up, and the B with the weights", lambda: by_factors(lambda _: 1.0, float)),
        (
            "unweighted",
            "the sum of the adapters without weights",
            partial(case.logits, ids, dict.fromkeys(weights, 1.0)),
        ),
        ("even", "the mean of the adapters", partial(case.logits, ids, even)),
        ("unscaled", "the mixture without α/r", partial(case.logits, ids, weights, 1.0)),
        ("scaled-twice", "the mixture with α/r in it twice", partial(case.logits, ids, weights, factor**2)),
        ("base-alone", "the base alone", partial(case.logits, ids, {})),
        ("first-alone", "the adapter that came first", partial(case.logits, ids, {case.names[0]: 1.0})),
    ]
    return [Misconception(*way) for way in ways]
