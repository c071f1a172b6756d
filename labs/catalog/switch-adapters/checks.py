"""Checks for adapters on one base: their files, their switching, one's training, and what two are worth."""

from collections.abc import Callable
from functools import wraps

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read
from torch import Tensor

from drawing import Case, draw_alphabet, draw_case, file_shapes, rows_of, shipped
from gpu_runner.checking import Lab, Observation, check, heatmap
from misconceptions import files, flat, merges, mixtures, offs, turns, walking, walks
from reference import Training, Weights, adapted, change, llama, nats, places

TERMS = 64
STEPS, RATE, MOMENTUM = 3, 0.03, 0.5
TRAINING, HELD, ROWS = 900, 200, 100
GAIN, LEAD = 0.25, 1.0

broken: set[str] = set()
"""What does not hold for this submission, of all that the training needs."""


def needed(run: Callable[[Lab], None]) -> Callable[[Lab], None]:
    """Note a check that does not pass: training with what is known to be wrong would cost seconds and tell nothing."""

    @wraps(run)
    def noted(lab: Lab) -> None:
        broken.add(run.__name__.replace("_", " "))
        run(lab)
        broken.discard(run.__name__.replace("_", " "))

    return noted


def read_file(lab: Lab, out: Observation, name: str, case: Case, path: str) -> Weights:
    """One adapter's file: its tensors by name, in float32, and nothing else."""
    found = out.any_tensor(path)
    lab.require(found.dtype == torch.uint8 and found.ndim == 1, f"The file of `{name}` could not be read as bytes.")
    try:
        state = read(bytes(found.tolist()))
    except (SafetensorError, ValueError, KeyError) as error:
        state = {}
        lab.require(condition=False, message=f"The file of `{name}` is no safetensors file: {error}"[:300])
    shapes = file_shapes(case)
    missing, extra = sorted(shapes.keys() - state.keys()), sorted(state.keys() - shapes.keys())
    text = f"The file of `{name}` lacks {len(missing)} of {len(shapes)} tensors, such as `{min(missing, default='')}`."
    lab.require(not missing or bool(extra), text, missing=missing[:5])
    text = f"The file of `{name}` holds {len(extra)} tensors besides its adapter, such as `{min(extra, default='')}`."
    lab.require(not extra, text, extra=extra[:5], missing=missing[:5])
    for key, shape in shapes.items():
        right = list(state[key].shape) == shape and state[key].dtype == torch.float32
        got = f"{state[key].dtype} {list(state[key].shape)}"
        lab.require(
            right and bool(state[key].isfinite().all()), f"`{key}` should be finite float32 {shape}; it is {got}."
        )
    return state


def draw_ids(lab: Lab) -> Tensor:
    lab.dims("B T", B=(2, 4), T=(9, 14))
    return lab.integers("B T", low=0, high=lab.size("V"))


@check("fresh")
@needed
def fresh_adapters_begin_as_the_base(lab: Lab) -> None:
    case = draw_case(lab)
    fresh = Case(case.config, case.weights, case.names, {}, case.rank, case.alpha)
    out = lab.probe("files", fresh.made(), case.names[1])
    states = {name: read_file(lab, out, name, case, name) for name in case.names}
    for name, state in states.items():
        moved = [key for key, array in state.items() if "lora_B" in key and array.any()]
        lab.require(
            not moved, f"B of `{name}` is not zero in {len(moved)} places: a fresh adapter is to change nothing."
        )
        still = [key for key, array in state.items() if "lora_A" in key and not array.any()]
        lab.require(
            not still, f"A of `{name}` is zero in {len(still)} places; with both at zero neither gets a gradient."
        )
    one, *others = (flat(state) for state in states.values())
    text = "Adapters share their A: each should be drawn for itself, or training one begins with another's numbers."
    lab.require(all(not torch.equal(one, other) for other in others), text)


@check("file")
@needed
def a_file_holds_one_adapter(lab: Lab) -> None:
    case = draw_case(lab)
    on, *rest = lab.random.sample(case.names, 3)
    name = next(at for at in rest if at != case.names[0])
    out = lab.probe("files", case.made(), on)
    lab.dims("N", N=(case.numbers(), case.numbers()))
    for at in (name, on):
        got = flat(read_file(lab, out, at, case, at))
        hint = (
            f"This is the file of `{at}`, saved while `{on}` was on; N counts its numbers, tensor after tensor by name."
        )
        expected = flat(case.states[at]).double()
        lab.equals(got, expected, axes="N", tolerance=0.0, misconceptions=files(case.exact(), at, on), hint=hint)


@check("switch")
@needed
def prompts_are_answered_by_the_adapter_that_is_on(lab: Lab) -> None:
    case, ids = draw_case(lab), draw_ids(lab)
    first, second, third = lab.random.sample(case.names, 3)
    order = [second, None, first, third, None, second]
    lab.fix(K=len(order))
    out = lab.probe("switched", case.made(), order, ids)
    got = torch.stack([out.tensor(f"logits/{at}", axes="B T V") for at in range(len(order))])
    exact = case.exact()
    expected = torch.stack([exact.logits(ids, {name: 1.0} if name else {}) for name in order])
    said = ", ".join(str(name) for name in order)
    hint = f"K counts the switches: {said}. Attached were {', '.join(case.names)}."
    lab.equals(got, expected, axes="K B T V", terms=TERMS, misconceptions=turns(exact, order, ids), hint=hint)


@check("trainable")
def only_the_adapter_that_is_on_can_be_trained(lab: Lab) -> None:
    case, ids = draw_case(lab), draw_ids(lab)
    first, second, _ = lab.random.sample(case.names, 3)
    order = [second, None, first]
    out = lab.probe("switched", case.made(), order, ids)
    for at, name in enumerate(order):
        wanted = case.numbers() if name else 0
        lab.measures(f"Trainable numbers after switch {at + 1}, {name}", out.integer(f"trainable/{at}"), exactly=wanted)


def draw_walk(lab: Lab) -> tuple[Case, str, list[Tensor], Tensor, Observation]:
    case, ids = draw_case(lab), draw_ids(lab)
    name = lab.random.choice(case.names[1:])
    lab.fix(K=STEPS)
    batches = [draw_ids(lab) for _ in range(STEPS)]
    out = lab.probe("walk", case.made(), name, batches, RATE, MOMENTUM, ids)
    return case, name, batches, ids, out


@check("steps")
@needed
def steps_lead_to_the_references_adapter(lab: Lab) -> None:
    case, name, batches, _, out = draw_walk(lab)
    walked = walking(case.exact(), name, batches, RATE, MOMENTUM)
    losses, right, _ = walked(Training())
    hint = "These are the losses that train_step returned, each from before its step."
    wrong = walks(walked, lambda found: found[0])
    lab.equals(out, losses, axes="K", path="losses", terms=TERMS, misconceptions=wrong, hint=hint)
    after = {at: read_file(lab, out, at, case, f"files/{at}") for at in case.names}
    for key in lab.random.sample(sorted(right), 4):
        axes = " ".join(map(str, right[key].shape))
        wrong = walks(walked, lambda found, key=key: found[1][key])
        hint = f"This is {key} after {STEPS} steps."
        lab.equals(after[name][key], right[key], axes=axes, terms=TERMS, misconceptions=wrong, hint=hint)
    others = [at for at in case.names if at != name]
    moved = [at for at in others if not torch.equal(flat(after[at]), flat(case.states[at]))]
    lab.require(not moved, f"Only `{name}` was switched on and trained; {', '.join(moved)} moved as well.")


@check("off")
def the_base_is_there_bit_for_bit(lab: Lab) -> None:
    case, name, batches, ids, out = draw_walk(lab)
    exact = case.exact()
    wrong = offs(exact, name, walking(exact, name, batches, RATE, MOMENTUM), ids)
    hint = f"This is after {STEPS} steps and switch(model, None)."
    lab.equals(out, exact.logits(ids, {}), axes="B T V", path="off", terms=TERMS, misconceptions=wrong, hint=hint)
    off, before = (out.tensor(path, axes="B T V") for path in ("off", "before"))
    differ = int((off != before).sum())
    text = f"{differ} of {off.numel()} logits differ in their last bits from the base's: leave its weights be."
    lab.require(differ == 0, text)


@check("merged")
def a_merged_model_is_plain_and_the_adapters_stay(lab: Lab) -> None:
    case, ids = draw_case(lab), draw_ids(lab)
    on, name, _ = lab.random.sample(case.names, 3)
    out, exact = lab.probe("merge", case.made(), name, on, ids), case.exact()
    kind = out.text("kind")
    lab.require(kind == "LlamaForCausalLM", f"merged should return a plain LlamaForCausalLM; it is a {kind[:80]}.")
    missing, extra = (
        sorted(case.weights.keys() - set(out.keys("state"))),
        sorted(set(out.keys("state")) - case.weights.keys()),
    )
    text = f"A plain Llama has the base's {len(case.weights)} weights and no others"
    lab.require(not missing and not extra, f"{text}.", missing=missing[:5], extra=extra[:5])
    scale = case.alpha / case.rank
    for place in lab.random.sample(places(case.states[name]), 4):
        expected = exact.weights[f"{place}.weight"] + scale * change(exact.states[name], place)
        axes, path = " ".join(map(str, expected.shape)), f"state/{place}.weight"
        wrong = merges(exact, name, on, place)
        hint = f"This is {place}.weight with `{name}` merged, while `{on}` was on."
        lab.equals(out, expected, axes=axes, path=path, terms=TERMS, misconceptions=wrong, hint=hint)
    for path, parts in (("still", {on: 1.0}), ("off", {})):
        hint = "This is the model that the merged copy was made of: it should answer as before."
        wrong = turns(exact, [on if parts else None], ids)
        lab.equals(out, exact.logits(ids, parts), axes="B T V", path=path, terms=TERMS, hint=hint)


@check("mix")
def a_mixture_adds_the_changes(lab: Lab) -> None:
    case, ids = draw_case(lab), draw_ids(lab)
    first, second, _ = lab.random.sample(case.names, 3)
    weights = {first: round(lab.random.uniform(0.4, 0.8), 2), second: round(lab.random.uniform(-0.5, -0.2), 2)}
    out, exact = lab.probe("mixed", case.made(), weights, ids), case.exact()
    hint = f"The weights were {weights}; a negative one takes an adapter's change away."
    wrong = mixtures(exact, weights, ids)
    lab.equals(out, exact.logits(ids, weights), axes="B T V", terms=TERMS, misconceptions=wrong, hint=hint)


@check("dialect")
def trained_adapters_read_their_alphabets(lab: Lab) -> None:
    lab.require(not broken, f"The training is not run before this holds: {min(broken, default='')}.")
    case, lines = shipped(lab)
    trained, given = case.names[:2], case.names[2]
    alphabets = {name: draw_alphabet(lab, capitals) for name, capitals in zip(trained, (False, True), strict=True)}
    texts = {name: rows_of(lines[:TRAINING], alphabet) for name, alphabet in alphabets.items()}
    held = [rows_of(lines[TRAINING : TRAINING + HELD], alphabet)[:ROWS] for alphabet in alphabets.values()]
    out = lab.probe("learn", case.made(), texts)
    states = [read_file(lab, out, name, case, name) for name in case.names]
    moved = not torch.equal(flat(states[2]), flat(case.states[given]))
    lab.require(not moved, f"`{given}` was not to be trained, and has moved.")
    table = torch.stack([measured(case, state, held) for state in (None, *states[:2])])  # base, adapters; alphabets
    lab.show(heatmap("Nats per byte: base and two adapters (rows) on two alphabets (columns)", table, "served text"))
    said = f"Nats of base and adapters on the first text {spelled(table[:, 0])}, on the second {spelled(table[:, 1])}."
    own, other = table[1:].diagonal(), table[1:].flip(0).diagonal()
    lab.measures(
        "Nats saved by an adapter on its text, least of two", (table[0] - own).min().item(), at_least=GAIN, hint=said
    )
    lab.measures("Nats ahead of the other adapter, least of two", (other - own).min().item(), at_least=LEAD, hint=said)


def measured(case: Case, state: Weights | None, held: list[Tensor]) -> Tensor:
    weights = adapted(case.weights, [(case.alpha / case.rank, state)] if state else [])
    return torch.stack([nats(llama(weights, rows), rows) for rows in held])


def spelled(values: Tensor) -> str:
    return ", ".join(f"{value:.2f}" for value in values.tolist())
