"""Checks for the LoRA router: its two pure functions, its answers, its log, and the nats that all of it saves."""

import json
import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from drawing import World, draw_batches, draw_case, draw_prompts, draw_world, labelled
from gpu_runner.checking import Lab, check, confusion, curves, heatmap
from gpu_runner.checking.results import Observation
from misconceptions import EVENTS, answer_mistakes, answers, choices, coded, log_mistakes, plans, uses
from reference import Serving, chosen, nats, order

TERMS = 64
"""Errors of three styles stay below a sixth of the tolerance; the nearest mistake is ten thousand tolerances away."""
LABELLED, NEW, BEGINNING = 40, 60, 32
ROUTED = 0.95
"""Thirty draws of three differently built routers: 0.987 and more. Answering for the base alone gives 0.25."""
REQUESTS, LENGTH, SURE = 8, 64, 0.5
GAIN, LEAD, PLAIN = 0.4, 1.0, 0.8
"""Twenty draws: 0.8 to 1.1 saved, 1.4 to 1.7 ahead, nothing lost; one request of eight routed wrongly costs 0.4."""


@check("choose")
def unsure_prompts_go_to_the_base(lab: Lab) -> None:
    lab.fix(N=12, C=4)
    threshold = lab.random.uniform(0.55, 0.75)
    while True:
        scores = lab.normal("N C", scale=1.5)
        expected, wrong = chosen(scores.double(), threshold), choices(scores, threshold)
        clear = (scores.double().softmax(-1).amax(-1) - threshold).abs().min() > 1e-3
        if clear and all((m.fn() != expected).any() for m in wrong):
            break
    out = lab.call("choose", scores, threshold)
    hint = f"The threshold was {threshold:.3f}."
    lab.equals(out, expected, axes="N", dtype=torch.int64, misconceptions=wrong, hint=hint)
    sure = lab.integers("N", low=0, high=4)
    out = lab.call("choose", 1000 * one_hot(sure, 4).float(), 1.0)
    lab.equals(
        out, sure, axes="N", dtype=torch.int64, hint="Probability and threshold are both 1 here: at least is enough."
    )


@check("plan")
def requests_are_ordered_for_the_fewest_loads(lab: Lab) -> None:
    while True:
        wanted = [lab.random.randint(0, 4) for _ in range(10)]
        resident = lab.random.randint(1, 4)
        expected, wrong = torch.tensor(order(wanted, resident)), plans(wanted, resident)
        if all((m.fn() != expected).any() for m in wrong):
            break
    out = lab.call("plan", torch.tensor(wanted), resident)
    hint = f"Wanted were {wanted}, and adapter {resident} was resident."
    lab.equals(out, expected, axes="N", dtype=torch.int64, misconceptions=wrong, hint=hint)
    lab.equals(lab.call("plan", torch.tensor(wanted), 0), torch.tensor(order(wanted, 0)), axes="N", dtype=torch.int64)


def draw_serving(lab: Lab) -> tuple[Any, list[list[int]], list[list[Tensor]], Observation]:
    """Two batches for one server, and what came of them."""
    case, batches = draw_case(lab), draw_batches(lab)
    prompts = draw_prompts(lab, batches)
    asked = [{"prompts": p, "wanted": torch.tensor(wanted)} for p, wanted in zip(prompts, batches, strict=True)]
    return case, batches, prompts, lab.probe("serve", batches=asked, **case.made())


@check("answers")
def every_request_is_answered_by_its_adapter(lab: Lab) -> None:
    case, batches, prompts, out = draw_serving(lab)
    exact = case.exact()
    got = torch.cat([read_answer(lab, out, b, at) for b, batch in enumerate(prompts) for at in range(len(batch))])
    expected = answers(exact, prompts, uses(batches))
    hint = f"S counts the tokens of all prompts, one below the other. The two batches wanted {batches}."
    wrong = answer_mistakes(exact, prompts, batches)
    lab.equals(got, expected, axes="S V", terms=TERMS, misconceptions=wrong, hint=hint)


def read_answer(lab: Lab, out: Observation, batch: int, at: int) -> Tensor:
    """Of any length: answers in a wrong order are told by their values."""
    found = out.any_tensor(f"answers/{batch}/{at}")
    text = f"Answer {at} of batch {batch} should be logits (T, V) with V = {lab.size('V')}; it is {list(found.shape)}."
    lab.require(found.ndim == 2 and found.size(1) == lab.size("V"), text)
    return found


def read_log(lab: Lab, out: Observation, count: int) -> list[dict[str, Any]]:
    """The learner's lines as dicts, each with what the harness noted beside it."""
    found = []
    for at in range(count):
        text = out.text(f"lines/{at}/line")
        line = parsed(text)
        right = set(line) == {"t", "event", "adapter", "bytes"} and line["event"] in EVENTS
        right = right and all(type(line[key]) is int for key in ("adapter", "bytes"))
        right = right and type(line["t"]) is float and math.isfinite(line["t"])
        lab.require(right, f"Line {at + 1} of the log is not as the contract says: {text[:200]}")
        found.append({**line, **{key: out.number(f"lines/{at}/{key}") for key in ("loads", "alive", "clock")}})
    return found


def parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def lines_in(out: Observation) -> int:
    lines = out.value.get("lines") if isinstance(out.value, dict) else None
    return len(lines) if isinstance(lines, list) else 0


@check("log")
def the_log_says_what_happened_when_it_happened(lab: Lab) -> None:
    case, batches, _, out = draw_serving(lab)
    count = lines_in(out)
    lab.require(count > 0, "Nothing was logged.")
    lines = read_log(lab, out, count)
    kinds = [(line["event"], line["adapter"], line["bytes"], int(line["loads"])) for line in lines]
    expected = coded(Serving().events(batches, case.size()))
    hint = f"E counts the lines; F is the event ({', '.join(EVENTS)}: 0, 1, 2), adapter, bytes, loads made by then."
    wrong = log_mistakes(batches, case.size())
    lab.equals(coded(kinds), expected, axes="E F", dtype=torch.int64, misconceptions=wrong, hint=hint)
    before = -math.inf
    for at, line in enumerate(lines):
        text = (
            f"Line {at + 1} says t = {line['t']:.6f}, and it was written between {before:.6f} and {line['clock']:.6f}."
        )
        lab.require(before <= line["t"] <= line["clock"], f"{text} Take time.monotonic() when it happens.")
        before = line["clock"]


@check("resident")
def never_are_two_adapters_in_memory(lab: Lab) -> None:
    case, batches, _, out = draw_serving(lab)
    count, loads = lines_in(out), len(loads_of(batches))
    alive = [int(out.number(f"lines/{at}/alive")) for at in range(count)]
    lab.show(curves("Adapters in memory, as the harness counts them", "line of the log", KiB=[n / 1024 for n in alive]))
    before = [out.integer(f"before_loading/{at}") for at in range(loads)]
    hint = "Something still holds the last one: drop it, and every reference to its tensors, before you call load."
    lab.measures("Bytes of adapters in memory when load is called", max(before), exactly=0, hint=hint)
    hint = "A copy of what load returned is still held beside the model's own."
    lab.measures(
        "Most bytes of adapters in memory at a line of the log", max(alive, default=0), at_most=case.size(), hint=hint
    )


def loads_of(batches: list[list[int]]) -> list[int]:
    return [number for kind, number, *_ in Serving().events(batches, 1) if kind == "load"]


@check("routing")
def prompts_find_their_adapter(lab: Lab) -> None:
    world = draw_world(lab)
    texts, y = labelled(world, 0, LABELLED, BEGINNING)
    new, truth = labelled(world, len(texts), NEW, BEGINNING)
    lab.fix(N=len(new), C=4)
    got = lab.probe("scores", texts, y, 4, new).tensor(axes="N C").argmax(1)
    lab.show(confusion(f"Routes: {', '.join(world.names)}", truth, got, 4))
    right = (got == truth).double().mean().item()
    lab.measures(
        "Share of prompts routed rightly", right, at_least=ROUTED, hint=f"They are beginnings of {BEGINNING} bytes."
    )


@check("whole")
def the_right_adapter_saves_nats(lab: Lab) -> None:
    world = draw_world(lab)
    texts, y = labelled(world, 0, LABELLED, BEGINNING)
    requests, truth = labelled(world, len(texts), REQUESTS, LENGTH)
    out = lab.probe("whole", texts, y, SURE, requests, **world.case.made())
    ids = [torch.tensor(list(text.encode())) for text in requests]
    got = [lab.has_shape(out, f"{len(row)} 256", path=f"answers/0/{at}") for at, row in enumerate(ids)]
    routed = torch.stack([nats(logits.double(), row) for logits, row in zip(got, ids, strict=True)])
    table = torch.stack([by_dialect(routed, truth), *by_adapter(world, ids, truth)])  # routed, base, adapters
    rows = f"routed, base, {', '.join(world.names[1:])}"
    lab.show(heatmap(f"Nats per byte: {rows} (rows) on {', '.join(world.names)} (columns)", table, "served dialect"))
    routed, base, *others = table
    own = torch.eye(3, dtype=torch.bool)
    best = torch.stack(others)[:, 1:].masked_fill(own, math.inf).min(0).values
    said = f"Nats on {', '.join(world.names)}: routed {spelled(routed)}, base {spelled(base)}."
    saved = (base - routed)[1:].min().item()
    lab.measures("Nats saved by routing, least of three dialects", saved, at_least=GAIN, hint=said)
    ahead = (best - routed[1:]).min().item()
    lab.measures("Nats ahead of the best wrong adapter, least of three", ahead, at_least=LEAD, hint=said)
    lost = (routed - base)[0].item()
    lab.measures("Nats lost on plain English, which the base should answer", lost, at_most=PLAIN, hint=said)


def by_dialect(values: Tensor, truth: Tensor) -> Tensor:
    return torch.stack([values[truth == dialect].mean() for dialect in range(4)])


def by_adapter(world: World, ids: list[Tensor], truth: Tensor) -> list[Tensor]:
    """Nats per dialect of the base and of each adapter, measured here."""
    found = []
    for numbers in ([], [1], [2], [3]):
        values = [nats(world.case.logits(row[None], numbers)[0].double(), row) for row in ids]
        found.append(by_dialect(torch.stack(values), truth))
    return found


def spelled(values: Tensor) -> str:
    return ", ".join(f"{value:.2f}" for value in values.tolist())
