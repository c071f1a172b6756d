"""Checks for sequential offload: outputs against float64, files that change between runs, memory from outside."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, Observation, check, curves
from misconceptions import FITTINGS, KEEPS, LOADS, TRAFFICS, counted
from reference import Case, Weights, fitting, mixed, net, owners, traffic

BLOCKS = 11
"""Enough that "blocks.10" stands before "blocks.2" in the alphabet."""
TERMS = 24
"""Over 40 seeds and three styles the error is below a tenth of the tolerance."""
LAYERS, WIDE = 24, 768
CLOSE = 2e-3
"""Of 24 float32 layers: over 20 seeds the error is below 2e-5; another order moves the answer by more than 1."""
MOST = 58.0
"""MiB for 24 layers of 2.25 MiB in float32, whose file of 27 MiB in float16 counts too. The reference takes 40; if no
layer is let go it is 92, and 66 if the file is read as a whole."""


def draw(lab: Lab) -> tuple[Weights, list[int], Tensor]:
    """Arrays in float16, the order of the blocks with one of them twice, and an input."""
    lab.dims("B D F O", B=(3, 4), D=(5, 6), F=(7, 8), O=(9, 10))
    axes = {"gate": "D", "shift": "F", "norm.weight": "D", "norm.bias": "D", "up.weight": "F D", "up.bias": "F"}
    axes |= {"down.weight": "D F", "down.bias": "D"}
    weights = lab.weights(**{f"blocks.{i}.{name}": a for i in range(BLOCKS) for name, a in axes.items()})
    weights |= lab.weights(**{"head.weight": "O D", "head.bias": "O"})
    order = lab.random.sample(range(BLOCKS), BLOCKS)
    return {name: array.half() for name, array in weights.items()}, [*order, order[0]], lab.normal("B D")


def model_of(weights: Weights, order: list[int], x: Tensor) -> Tensor:
    return net(weights, order, x.double())


def judge(lab: Lab, out: Observation, place: int, expected: Tensor, known: list[Misconception], hint: str) -> None:
    lab.equals(out, expected, axes="B O", path=str(place), terms=TERMS, misconceptions=known, hint=hint)


@check("output")
def the_output_of_the_whole_model(lab: Lab) -> None:
    weights, order, x = draw(lab)
    out = lab.probe("outputs", [weights], order, x)
    known = [Misconception(key, text, partial(model_of, fn(weights, BLOCKS), order, x)) for key, text, fn in LOADS]
    hint = f"The order of the blocks is {order}; block {order[0]} runs twice."
    judge(lab, out, 0, model_of(weights, order, x), known, hint)


def changed(weights: Weights) -> Weights:
    """Another file of the same size: each array in another order and with another sign."""
    return {name: -array.flip(0) for name, array in weights.items()}


def judge_second(lab: Lab, keep: int) -> None:
    first, order, x = draw(lab)
    second = changed(first)
    out = lab.probe("outputs", [first, second], order, x, **({"keep": keep} if keep else {}))
    known = [Misconception(key, text, partial(model_of, fn(first, BLOCKS), order, x)) for key, text, fn in LOADS]
    judge(lab, out, 0, model_of(first, order, x), known, "This is the first of two runs.")
    wrong = [(key, text, fn(first, second, BLOCKS, keep)) for key, text, fn in KEEPS if keep or key == "nothing-again"]
    known = [Misconception(key, text, partial(model_of, arrays, order, x)) for key, text, arrays in wrong]
    kept = owners(BLOCKS)[:keep]
    hint = f"This is the second run, after the file was written anew; {keep} modules stay" + (
        f": {kept}." if kept else "."
    )
    judge(lab, out, 1, model_of(mixed(first, second, kept), order, x), known, hint)


@check("read-again")
def each_run_reads_what_is_on_the_host(lab: Lab) -> None:
    judge_second(lab, 0)


@check("kept")
def the_first_modules_stay(lab: Lab) -> None:
    judge_second(lab, lab.random.choice([3, 5, 6, 7, 9]))


def judge_plan(lab: Lab, name: str, cases: list[Case], right: Callable[..., int], wrong: list) -> None:
    out = lab.probe("plans", name, cases)
    known = [Misconception(key, text, partial(as_tensor, cases, fn)) for key, text, fn in wrong]
    options = {"axes": "case", "dtype": torch.int64, "tolerance": 0.0, "misconceptions": known}
    lab.equals(out, as_tensor(cases, right), hint=f"The first case is {cases[0]}.", **options)


def as_tensor(cases: list[Case], fn: Callable[..., int]) -> Tensor:
    return torch.tensor(counted(cases, fn)).double()


@check("fitting")
def how_many_may_stay(lab: Lab) -> None:
    cases = [{"sizes": [9, 2, 3], "budget": budget} for budget in (14, 12, 9, 8)]
    for _ in range(20):
        sizes = [lab.random.randint(1, 40) for _ in range(8)]
        cases.append({"sizes": sizes, "budget": lab.random.randint(max(sizes), sum(sizes) + 5)})
    judge_plan(lab, "fitting", cases, fitting, FITTINGS)


@check("traffic")
def how_many_bytes_are_moved(lab: Lab) -> None:
    cases = []
    for keep in (0, 3, 5, 8):
        sizes = [lab.random.randint(1, 40) for _ in range(8)]
        cases.append({"sizes": sizes, "keep": keep, "steps": lab.random.randint(4, 50)})
    judge_plan(lab, "traffic", cases, traffic, TRAFFICS)


@check("peak")
def many_layers_in_the_memory_of_one(lab: Lab) -> None:
    lab.fix(B=2, D=WIDE)
    layers = [(1.5 * lab.normal("D D", scale=WIDE**-0.5)).half() for _ in range(LAYERS)]
    x = lab.normal("B D")
    out = lab.probe("deep", layers, x)
    reverse, same = (partial(chain, other, x) for other in (layers[::-1], layers[-1:] * LAYERS))
    known = [
        Misconception("reverse", "the layers in reverse order", reverse),
        Misconception("last-for-all", "the last layer in the place of each", same),
    ]
    hint = f"{LAYERS} layers of width {WIDE}, run one by one."
    lab.equals(out, chain(layers, x), axes="B D", tolerance=CLOSE, misconceptions=known, hint=hint)
    hint = f"All layers together have {LAYERS * WIDE**2 * 4 / 2**20:.0f} MiB."
    lab.measures("Peak memory, in MiB", out.peak_mb, at_most=MOST, hint=hint)


def chain(layers: list[Tensor], x: Tensor) -> Tensor:
    y = x.double()
    for layer in layers:
        y = torch.tanh(y @ layer.double().mT)
    return y


@check("released")
def nothing_is_resident_unasked(lab: Lab) -> None:
    weights, order, x = draw(lab)
    for keep in (0, lab.random.choice([5, 6, 7])):
        out = lab.probe("residents", weights, order, keep, x)
        there = out.any_tensor("bytes").double().flatten()
        whole = torch.full_like(there, 4.0 * sum(array.numel() for array in weights.values()))
        lab.show(curves(f"Bytes resident, {keep} modules kept", "module that starts", yours=there, all=whole))
        unasked = out.text("unasked")
        text = f"With keep={keep} these had their tensors while they were not running: {unasked[:300]}."
        lab.require(not unasked, text)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("accelerate", "cpu_offload", "dispatch_model", "attach_align_device_hook", "diffusers")
