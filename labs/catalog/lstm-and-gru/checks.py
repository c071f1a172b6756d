"""Checks for LSTM and GRU: float64 formulas and autograd outside, and the mistakes they are told apart from."""

from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check, curves
from gpu_runner.checking.comparing import to_double
from misconceptions import GRUS, LSTMS, PADDED, WAYS
from reference import NAMES, Cell, Gru, Lstm, Weights, arriving, run, there_and_back

TERMS = 16
"""Over dozens of draws and three styles errors stay below a tenth of it; the nearest mistake is 10,000 beyond."""
CELLS = {"lstm": (Lstm(), 4, LSTMS), "gru": (Gru(), 3, GRUS)}
STEPS = 50
FORGET = slice(1, 2)
"""The forget gate's place among four."""
OPEN = 1000.0
"""Times what arrives after fifty steps with a forget bias of 0; 120 fresh LSTMs of two kinds gave 1.4e5 to 7e6."""
LOUD = 100.0


def draw_weights(lab: Lab, kind: str, scale: float = 1.5) -> Weights:
    """Matrices a little larger than torch's, so that gates leave their middle; both biases drawn."""
    gates = f"{CELLS[kind][1]}G"
    lab.fix(**{gates: CELLS[kind][1] * lab.size("H")})
    axes = dict(zip(NAMES, (f"{gates} I", f"{gates} H", gates, gates), strict=True))
    return {n: lab.normal(a, scale=scale / lab.size(a[-1]) ** 0.5 if " " in a else 0.7) for n, a in axes.items()}


def draw_sizes(lab: Lab) -> None:
    lab.dims("B T I H", B=(3, 5), T=(6, 9), I=(10, 12), H=(13, 16))


def draw_lengths(lab: Lab) -> Tensor:
    """One row is full, one has a single step, none but one is full."""
    rows, steps = lab.size("B"), lab.size("T")
    lengths = [steps, 1, *(lab.random.randint(2, steps - 2) for _ in range(rows - 2))]
    lab.random.shuffle(lengths)
    return torch.tensor(lengths)


def draw_state(lab: Lab, kind: str) -> Tensor:
    return lab.normal(f"{CELLS[kind][0].size} B H")


def judge_step(lab: Lab, kind: str) -> None:
    draw_sizes(lab)
    cell, _, others = CELLS[kind]
    weights, x, state = draw_weights(lab, kind), lab.normal("B I"), draw_state(lab, kind)
    out = lab.probe("step", kind, x, state, weights)
    on = to_double((weights, x, state))
    expected, wrong = cell.step(*on), [(key, text, other.step(*on)) for key, text, other in others]
    for at, name in enumerate(("h", "c")[: cell.size]):
        got = out.tensor(axes=f"{cell.size} B H")[at]
        known = [Misconception(key, text, partial(torch.clone, tensor[at])) for key, text, tensor in wrong]
        lab.equals(got, expected[at], axes="B H", terms=TERMS, misconceptions=known, hint=f"This is the new {name}.")


@check("lstm-step")
def one_step_of_the_lstm(lab: Lab) -> None:
    judge_step(lab, "lstm")


@check("gru-step")
def one_step_of_the_gru(lab: Lab) -> None:
    judge_step(lab, "gru")


def compare_run(lab: Lab, kind: str, state: Tensor | None, lengths: Tensor | None, padding: float = 0.0) -> None:
    """Outputs and last state, with noise of the size `padding` behind the lengths."""
    cell, _, others = CELLS[kind]
    weights, x = draw_weights(lab, kind), lab.normal("B T I")
    ends = [lab.size("T")] * lab.size("B") if lengths is None else lengths.tolist()
    if lengths is not None:
        x = x + padding * (torch.arange(lab.size("T"))[None, :] >= lengths[:, None])[..., None]
    out = lab.probe("run", kind, x, state, weights, lengths)
    on = (*to_double((weights, x)), None if state is None else state.double(), ends)
    wrong = [(key, text, run(other, *on)) for key, text, other in others]
    wrong += [(key, text, way(cell, *on)) for key, text, way in PADDED if lengths is not None]
    for at, (path, axes) in enumerate((("outputs", "B T H"), ("last", f"{cell.size} B H"))):
        told = [mistake for mistake in wrong if mistake[0] != ("outputs-alone", "through-padding")[at]]
        known = [Misconception(key, text, partial(torch.clone, both[at])) for key, text, both in told]
        hint = f"{('These are the outputs', 'This is the last state')[at]} of the {kind.upper()}"
        hint += (" from zeros" if state is None else "") + (
            f"; the lengths are {ends}." if lengths is not None else "."
        )
        options = {"misconceptions": known, "hint": hint, "terms": 2 * TERMS}
        lab.equals(out, run(cell, *on)[at], axes=axes, path=path, **options)


@check("sequence")
def both_run_over_a_sequence(lab: Lab) -> None:
    draw_sizes(lab)
    for kind in CELLS:
        compare_run(lab, kind, draw_state(lab, kind), None)
        compare_run(lab, kind, None, None)


@check("lengths")
def padding_changes_nothing(lab: Lab) -> None:
    draw_sizes(lab)
    for kind in CELLS:
        compare_run(lab, kind, draw_state(lab, kind), draw_lengths(lab), padding=LOUD)


@check("both-ways")
def the_way_back_begins_at_the_end(lab: Lab) -> None:
    draw_sizes(lab)
    ahead, back, lengths = draw_weights(lab, "gru"), draw_weights(lab, "gru"), draw_lengths(lab)
    lab.fix(W=2 * lab.size("H"))
    x = lab.normal("B T I")
    out = lab.call("both_ways", x, ahead, back, lengths)
    on = (Gru(), *to_double((ahead, back, x)), lengths.tolist())
    known = [Misconception(key, text, partial(wrong, *on)) for key, text, wrong in WAYS]
    hint = f"The lengths are {lengths.tolist()}."
    options = {"misconceptions": known, "terms": 2 * TERMS, "hint": hint}
    lab.equals(out, there_and_back(*on), axes="B T W", **options)


def compare_gradients(lab: Lab, kind: str, weights: Weights, lengths: Tensor, cotangents: Weights) -> None:
    cell, _, others = CELLS[kind]
    x, state = lab.normal("B T I"), draw_state(lab, kind)
    out = lab.probe("gradients", kind, x, state, weights, lengths, cotangents)
    gradient = partial(differentiate, weights=weights, x=x, state=state, lengths=lengths, cotangents=cotangents)
    exact = gradient(cell)
    wrong = [("one-step", "a state that is detached at each step", Detached(cell)), *others]
    for name, value in exact.items():
        known = [
            Misconception(key, f"the gradient of {text}", partial(lambda one, name: gradient(one)[name], one, name))
            for key, text, one in wrong
        ]
        known.append(Misconception("no-gradient", "zero: nothing arrives", partial(torch.zeros_like, value)))
        axes = {"x": "B T I", "state": f"{cell.size} B H"}.get(name) or " ".join(f"d{i}" for i in range(value.ndim))
        hint = f"This is the gradient of the {kind.upper()} by {name}."
        lab.equals(out, value, axes=axes, path=name, terms=4 * TERMS, misconceptions=known, hint=hint)


def differentiate(
    cell: Cell,
    weights: Weights,
    x: Tensor,
    state: Tensor,
    lengths: Tensor,
    cotangents: Weights,
) -> Weights:
    """Gradients by every array, x and the first state, in float64."""
    leaves = {name: value.double().requires_grad_() for name, value in {**weights, "x": x, "state": state}.items()}
    outputs, last = run(cell, {name: leaves[name] for name in weights}, leaves["x"], leaves["state"], lengths.tolist())
    total = (outputs * cotangents["outputs"].double()).sum() + (last * cotangents["last"].double()).sum()
    found = torch.autograd.grad(total, list(leaves.values()), materialize_grads=True)
    return dict(zip(leaves, found, strict=True))


class Detached:
    """A cell whose old state is a constant."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.size = cell, cell.size

    def step(self, w: Weights, x: Tensor, state: Tensor) -> Tensor:
        return self.cell.step(w, x, state.detach())


@check("gradients")
def gradients_equal_the_reference(lab: Lab) -> None:
    draw_sizes(lab)
    for kind in CELLS:
        cotangents = {"outputs": lab.normal("B T H"), "last": draw_state(lab, kind)}
        compare_gradients(lab, kind, draw_weights(lab, kind), draw_lengths(lab), cotangents)


@check("far")
def a_gradient_comes_through_fifty_steps(lab: Lab) -> None:
    """Forget gates near one and small matrices: nearly all of it arrives, if nothing cuts the road."""
    lab.fix(B=2, T=STEPS, I=3, H=5)
    weights = draw_weights(lab, "lstm", scale=0.5)
    weights["bias_ih_l0"].unflatten(0, (4, 5))[FORGET] += 4.0
    cotangents = {"outputs": torch.zeros(2, STEPS, 5), "last": draw_state(lab, "lstm")}
    compare_gradients(lab, "lstm", weights, torch.tensor([STEPS, STEPS]), cotangents)


@check("fresh")
def a_fresh_lstm_remembers(lab: Lab) -> None:
    lab.fix(B=8, T=STEPS, I=12, H=24, G=96)
    out = lab.call("fresh_lstm", 12, 24)
    axes = dict(zip(NAMES, ("G I", "G H", "G", "G"), strict=True))
    weights = {name: out.tensor(name, axes=shape).double() for name, shape in axes.items()}
    biases = (weights["bias_ih_l0"] + weights["bias_hh_l0"]).view(4, 24)
    forget = biases[FORGET].flatten()
    text = f"The two biases of a forget gate add up to {forget[0]:.3g}; the contract says 1, in the second quarter."
    lab.require(bool(((forget - 1).abs() < 1e-6).all()), text)
    lab.require(bool((biases[[0, 2, 3]].abs() < 1e-6).all()), "The biases of the three other gates should be 0.")
    for name in NAMES[:2]:
        size = (weights[name] * 24**0.5).square().mean().sqrt().item()
        text = f"{name} has an RMS of {size:.3g}/√H; torch's start has 0.58/√H, and 0.3 to 1.2 will do."
        lab.require(0.3 <= size <= 1.2, text)
    closed = {**weights, "bias_ih_l0": torch.zeros(96).double(), "bias_hh_l0": torch.zeros(96).double()}
    x = lab.normal("B T I").double()
    with_one, with_zero = (arriving(w, x, Lstm().step) for w in (weights, closed))
    shown = {"forget_bias_1": with_one.log10(), "forget_bias_0": with_zero.log10()}
    lab.show(curves("Gradient that arrives, as a power of ten", "steps back", **shown))
    ratio = (with_one[-1] / with_zero[-1]).item()
    lab.measures("Times as much gradient after fifty steps as with a forget bias of 0", ratio, at_least=OPEN)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("LSTM", "LSTMCell", "GRU", "GRUCell", "RNN", "RNNCell", "RNNBase", "_VF")
    lab.forbids("lstm", "gru", "lstm_cell", "gru_cell", "quantized_lstm_cell", "rnn_tanh")
