"""Checks for gradient checkpointing: gradients against a float64 chain, memory against what the runner measures."""

from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, Observation, check, curves
from misconceptions import CHAIN, ONE, PLANS
from reference import Answer, Case, best, differentiate, masks, numbers

TERMS = 64
"""Sums of some ten products in up to eleven blocks: over 40 seeds and three styles the error is below a sixth of it."""
SHALLOW, DEEP = (25, 5), (100, 10)
"""Blocks and segments."""
GROWTH, MOST = 20.0, 95.0
"""MiB that 75 blocks more may take, and that the deep run may take in all. A block keeps 1 MiB: the reference grows by
8 to 27; without checkpointing it is 75 and 107, with one segment 75 and 108, with one for each block 38 and 58. PyTorch
imports 54 MiB more in the first backward pass where the runner has not done so before: MOST leaves room for them."""
HALF, CLOSE = 0.5, 1e-4


def draw(lab: Lab, depth: int = 1, segments: int = 0, keep: float = 1.0) -> Case:
    lab.dims("B D F", B=(3, 5), D=(6, 8), F=(9, 12))
    layers = [lab.weights(w1="F D", w2="D F") for _ in range(depth)]
    x, cotangent = lab.normal("B D", count=2)
    return Case(layers, x, cotangent, lab.random.randrange(2**31), keep, segments)


def ask(lab: Lab, case: Case, *, by_input: bool = True) -> Observation:
    given = (case.layers, case.x, case.cotangent, case.seed, case.keep)
    return lab.probe("train", *given, segments=case.segments, by_input=by_input)


def compare(lab: Lab, out: Observation, case: Case, *, by_input: bool = True) -> None:
    right = differentiate(case, masks(case, len(case.layers)))
    mistakes = (CHAIN if case.segments else ONE)[0 if by_input else 1 :]
    wrong = [(key, text, answer(case)) for key, text, answer in mistakes]
    places = {"y": "B D"} | ({"x": "B D"} if by_input else {})
    places |= {f"layers/{i}/{name}": axes for i in range(len(case.layers)) for name, axes in WEIGHTS.items()}
    for path, axes in places.items():
        known = [Misconception(key, text, partial(at, answer, path)) for key, text, answer in wrong]
        hint = f"This is {words(path)}."
        lab.equals(out, at(right, path), axes=axes, path=path, terms=TERMS, misconceptions=known, hint=hint)


WEIGHTS = {"w1": "F D", "w2": "D F"}


def at(answer: Answer, path: str) -> Tensor:
    if path in ("y", "x"):
        return getattr(answer, path)
    _, block, name = path.split("/")
    return answer.layers[int(block)][name]


def words(path: str) -> str:
    if path in ("y", "x"):
        return "the output" if path == "y" else "the gradient of the input"
    _, block, name = path.split("/")
    return f"the gradient of {name} in block {block}"


@check("gradients")
def output_and_gradients_of_one_function(lab: Lab) -> None:
    case = draw(lab)
    compare(lab, ask(lab, case), case)


@check("frozen-input")
def the_weights_learn_though_the_input_is_data(lab: Lab) -> None:
    for segments in (0, 3):
        case = draw(lab, 7 if segments else 1, segments)
        compare(lab, ask(lab, case, by_input=False), case, by_input=False)


def mixed(x: Tensor, z: Tensor, flags: Tensor, power: float) -> Tensor:
    return torch.where(flags, torch.tanh(x * z), x) * power


@check("arguments")
def several_arguments(lab: Lab) -> None:
    lab.dims("B D", B=(4, 6), D=(7, 9))
    x, z, cotangent = lab.normal("B D", count=3)
    flags, power = lab.uniform("B D") < HALF, lab.random.uniform(1.5, 2.5)
    out = lab.probe("arguments", x, flags, z, power, cotangent)
    leaves = [tensor.double().requires_grad_() for tensor in (x, z)]
    y = mixed(*leaves, flags, power)
    (y * cotangent.double()).sum().backward()
    lab.equals(out, y.detach(), axes="B D", path="y", terms=TERMS)
    for name, leaf, other in (("x", *leaves), ("z", *reversed(leaves))):
        known = [
            Misconception("swapped", "the gradient of the other argument", partial(grad, other)),
            Misconception("no-gradient", "a gradient of zero: nothing flows back", partial(torch.zeros_like, leaf)),
        ]
        hint = f"This is the gradient of {name}, argument {'xz'.index(name) * 2} of four."
        lab.equals(out, grad(leaf), axes="B D", path=name, terms=TERMS, misconceptions=known, hint=hint)


def grad(leaf: Tensor) -> Tensor:
    assert leaf.grad is not None
    return leaf.grad


def uneven(lab: Lab) -> tuple[int, int]:
    """A depth and a number of segments that leaves some blocks over."""
    return lab.random.choice([(7, 3), (10, 4), (11, 3), (11, 4)])


@check("segments")
def a_chain_in_segments(lab: Lab) -> None:
    case = draw(lab, *uneven(lab))
    compare(lab, ask(lab, case), case)


@check("dropout")
def the_same_masks_again(lab: Lab) -> None:
    for depth, segments in ((1, 0), uneven(lab)):
        case = draw(lab, depth, segments, keep=0.6)
        compare(lab, ask(lab, case), case)


@check("stream")
def the_generator_is_given_back(lab: Lab) -> None:
    depth, segments = uneven(lab)
    case = draw(lab, depth, segments, keep=0.6)
    out = ask(lab, case)
    before, back = partial(numbers, case, depth, 0), partial(numbers, case, case.lengths()[0], 0)
    late = partial(numbers, case, 2 * depth, 5)
    known = [
        Misconception("rolled-back", "the numbers that came before: the generator was turned back", back),
        Misconception("drawn-on", "numbers further on: the second run drew from the same stream", late),
    ]
    lab.equals(out, before(), axes="5", path="between", hint="These were drawn after the forward pass.")
    hint = "These were drawn after the backward pass."
    lab.equals(out, numbers(case, depth, 5), axes="5", path="after", misconceptions=known, hint=hint)


@check("plan")
def the_best_number_of_segments(lab: Lab) -> None:
    pairs = [(lab.random.randint(5, 120), lab.random.randint(2, 12)) for _ in range(30)]
    pairs += [(1, 3), (64, 1), (6, 12), (100, 10)]
    out = lab.probe("plans", *(list(numbers) for numbers in zip(*pairs, strict=True)))
    known = [
        Misconception(key, text, partial(chosen, pairs, answer), "checkpointing.cost") for key, text, answer in PLANS
    ]
    options = {"axes": "pair", "dtype": torch.int64, "tolerance": 0.0, "misconceptions": known}
    lab.equals(out, chosen(pairs, best), hint=f"The first pairs of depth and inside are {pairs[:3]}.", **options)


def chosen(pairs: list[tuple[int, int]], answer: object) -> Tensor:
    return torch.tensor([answer(*pair) for pair in pairs]).double()


@check("peak")
def the_peak_at_two_depths(lab: Lab) -> None:
    peaks = []
    for depth, segments in (SHALLOW, DEEP):
        out = lab.probe("deep", depth, segments)
        y = torch.tensor(HALF, dtype=torch.float64)
        for _ in range(depth):
            y = torch.tanh(torch.sin(1.1 * y))
        lab.require(abs(out.number() - y.item()) < CLOSE, "The chain of waves has not the output of its blocks.")
        peaks.append(out.peak_mb)
    hint = "Each block keeps 1 MiB without checkpointing, so that it is 75 then."
    more = f"Peak memory of {DEEP[0]} blocks in {DEEP[1]} segments over that of {SHALLOW[0]} in {SHALLOW[1]}, in MiB"
    lab.measures(more, round(peaks[1] - peaks[0], 1), at_most=GROWTH, hint=hint)
    lab.measures(f"Peak memory of {DEEP[0]} blocks in {DEEP[1]} segments, in MiB", peaks[1], at_most=MOST)


@check("timeline")
def only_boundaries_are_alive(lab: Lab) -> None:
    depth, segments = SHALLOW
    out = lab.probe("timeline", depth, segments)
    yours, plain = (seen(out, name) for name in ("yours", "plain"))
    lab.show(curves(f"Activations alive, {depth} blocks", "operation", yours=yours, plain=plain))
    kept = out.number("kept")
    hint = f"There are {segments} segments, and the first one's input is the caller's."
    lab.measures("Activations alive after the forward pass", kept, at_most=segments, hint=hint)
    lab.measures("Largest number of activations alive", yours.max().item(), at_most=HALF * plain.max().item())


def seen(out: Observation, name: str) -> Tensor:
    found = out.any_tensor(name)
    return found.double().flatten() if found.numel() else torch.zeros(1, dtype=torch.float64)


@check("recomputed")
def each_block_runs_twice(lab: Lab) -> None:
    case = draw(lab, *uneven(lab))
    out = lab.probe("counts", case.layers, case.x, case.segments)
    once = torch.ones(len(case.layers), dtype=torch.float64)
    for path, times, when in (
        ("forward", 1, "the forward pass"),
        ("both", 2, "forward and backward pass"),
        ("alone", 1, "a pass under torch.no_grad()"),
    ):
        known = [
            Misconception("kept", "one run of each block: everything was kept", lambda: once),
            Misconception("third-run", "three runs of each block", lambda: 3 * once),
        ]
        options = {"axes": "block", "dtype": torch.int64, "tolerance": 0.0, "misconceptions": known}
        lab.equals(out, times * once, path=path, hint=f"These are the runs of each block in {when}.", **options)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("checkpoint", "checkpoint_sequential", "CheckpointFunction")
