"""What goes wrong between a prompt and its adapter, as the answers that it leads to."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from drawing import Case
from gpu_runner.checking import Misconception
from reference import Event, Serving, order

Lists = Sequence[Sequence[int]]


def choices(scores: Tensor, threshold: float) -> list[Misconception]:
    def by(values: Tensor) -> Tensor:
        found, best = values.max(-1)
        return torch.where(found >= threshold, best, 0)

    ways = [
        ("never-sure", "the most probable class, however improbable", lambda: scores.argmax(-1)),
        ("raw-scores", "the threshold applied to scores and not to probabilities", lambda: by(scores)),
        ("over-requests", "a softmax over the requests instead of the classes", lambda: by(scores.softmax(0))),
        ("turned-round", "the base for the sure ones", lambda: sure_ones_to_the_base(scores, threshold)),
    ]
    return [Misconception(key, text, fn) for key, text, fn in ways]


def sure_ones_to_the_base(scores: Tensor, threshold: float) -> Tensor:
    p, best = scores.softmax(-1).max(-1)
    return torch.where(p < threshold, best, 0)


def plans(wanted: list[int], resident: int) -> list[Misconception]:
    by_number = sorted(range(len(wanted)), key=lambda at: (wanted[at], at))
    base_last = [at for at in order(wanted, resident) if wanted[at]] + [
        at for at, need in enumerate(wanted) if not need
    ]
    ways = [
        ("as-they-came", "the requests as they came", list(range(len(wanted)))),
        ("by-number", "the requests sorted by their adapter's number", by_number),
        ("resident-ignored", "an order that forgets which adapter is resident", order(wanted, -1)),
        ("base-last", "the base's requests at the end", base_last),
        ("inverse", "each request's place, and not which request is at each place", inverse(order(wanted, resident))),
    ]
    return [Misconception(key, text, partial(torch.tensor, found)) for key, text, found in ways]


def inverse(order: list[int]) -> list[int]:
    return sorted(range(len(order)), key=order.__getitem__)


def answers(case: Case, prompts: list[list[Tensor]], uses: list[list[list[int]]], scale: float | None = None) -> Tensor:
    """Logits of all prompts, one below the other, (S, V); `uses` says which adapters are in each answer."""
    pairs = [
        (ids, used) for batch, plan in zip(prompts, uses, strict=True) for ids, used in zip(batch, plan, strict=True)
    ]
    return torch.cat([case.logits(ids[None], used, scale)[0] for ids, used in pairs])


def uses(batches: Lists, way: Callable[[list[int], int], list[int]] | None = None) -> list[list[list[int]]]:
    """For each request the adapters in its answer; `way` is told all that were loaded so far and what is needed."""
    found, resident, loaded = [], 0, []
    for wanted in batches:
        batch: list[list[int]] = [[] for _ in wanted]
        for at in order(wanted, resident):
            need = wanted[at]
            if need and need != resident:
                resident = need
                loaded.append(need)
            batch[at] = list(way(loaded, need)) if way else [need] * bool(need)
        found.append(batch)
    return found


def answer_mistakes(case: Case, prompts: list[list[Tensor]], batches: Lists) -> list[Misconception]:
    ways = [
        ("base-alone", "the base, whatever was wanted", lambda *_: []),
        ("first-stays", "the adapter that was loaded first", lambda loaded, need: loaded[:1] * bool(need)),
        (
            "piled-up",
            "every adapter loaded so far on top of each other",
            lambda loaded, need: loaded if need else loaded[:-1],
        ),
        ("not-switched-off", "the resident adapter where the base was wanted", lambda loaded, _: loaded[-1:]),
    ]
    found = [Misconception(k, text, partial(answers, case, prompts, uses(batches, way))) for k, text, way in ways]
    served = partial(as_served, case, prompts, batches)
    unscaled = partial(answers, case, prompts, uses(batches), 1.0)
    default = partial(answers, case, prompts, uses(batches), 8 / case.rank)
    return [
        *found,
        Misconception("as-served", "the answers in the order in which they were made", served),
        Misconception("no-scale", "adapters without α/r", unscaled),
        Misconception("default-alpha", "adapters whose α is peft's default, 8", default),
    ]


def as_served(case: Case, prompts: list[list[Tensor]], batches: Lists) -> Tensor:
    resident, pieces = 0, []
    for batch, wanted in zip(prompts, batches, strict=True):
        for at in order(wanted, resident):
            resident = wanted[at] or resident
            pieces.append(case.logits(batch[at][None], [wanted[at]] * bool(wanted[at]))[0])
    return torch.cat(pieces)


EVENTS = ["drop", "load", "run"]
WAYS: list[tuple[str, str, Serving]] = [
    ("loads-first", "a log in which an adapter is loaded before the last one is dropped", Serving(drops_first=False)),
    ("loads-again", "a log in which a resident adapter is loaded again", Serving(keeps=False)),
    ("base-drops", "a log in which the base's requests put the adapter out", Serving(base_drops=True)),
    ("as-they-came", "the log of requests answered as they came", Serving(grouped=False)),
]


def coded(events: list[Event]) -> Tensor:
    """(E, 4): kind of event, adapter, bytes, loads made by then."""
    return torch.tensor([(EVENTS.index(kind), *rest) for kind, *rest in events])


def log_mistakes(batches: Lists, size: int) -> list[Misconception]:
    found = [Misconception(key, text, partial(coded, way.events(batches, size))) for key, text, way in WAYS]
    right = coded(Serving().events(batches, size))
    late, latest = right.clone(), right.clone()
    latest[:, 3] = right[:, 3].max()
    first = len(Serving().events(batches[:1], size))
    late[:first, 3], late[first:, 3] = right[first - 1, 3], right[:, 3].max()
    no_bytes = right.clone()
    no_bytes[:, 2] = size
    return [
        *found,
        Misconception("at-the-end", "the right log, written when a batch was over", partial(torch.clone, late)),
        Misconception("at-the-very-end", "the right log, written when all was over", partial(torch.clone, latest)),
        Misconception("bytes-of-the-event", "a log whose bytes never fall back to 0", partial(torch.clone, no_bytes)),
    ]
