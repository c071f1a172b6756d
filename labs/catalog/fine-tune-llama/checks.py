"""Checks for fine-tuning Llama: float64 formulas outside, and held-out text that no learner's process sees."""

import math
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from drawing import (
    bigram_nats,
    draw_config,
    draw_documents,
    draw_pairs,
    draw_rows,
    draw_unequal,
    draw_weights,
    exact,
    read_base,
    rows_of,
    shapes,
    sizes,
    tokens_of,
)
from gpu_runner.checking import Lab, Observation, bars, check
from misconceptions import (
    COSTS,
    COUNTS,
    ENCODINGS,
    MEANS,
    MODELS,
    PACKINGS,
    PERPLEXITIES,
    RATES,
    TRAININGS,
    known,
)
from reference import (
    IGNORED,
    NAMES,
    Batch,
    Model,
    Training,
    Weights,
    asked_for,
    encoded,
    mean_nats,
    measured,
    next_token,
    packed,
    rate,
)

TERMS = 64
"""Rounding in float32 against float64; see the README for what it came to."""
STEPS = 3
UNDER = 0.05
"""Nats under counting pairs; see the README for honest runs and baselines."""
LINES = ["Crème brûlée", "El Niño", "naïve café", "Ångström", "façade", "žluťoučký kůň"]


@check("encode")
def labels_ask_for_the_answer_and_its_end(lab: Lab) -> None:
    words = lab.random.sample(LINES, 4)
    prompt, answer = f"{words[0]}, {words[1]}:", f" {words[2]} ({words[3]})"
    out = lab.probe("encode", prompt, answer)
    for at, name in enumerate(("ids", "labels")):
        expected = torch.tensor(encoded(prompt, answer)[at])
        wrong = known(ENCODINGS, lambda way, at=at: torch.tensor(way(prompt, answer)[at]))
        hint = f"These are the {name} of {prompt!r} and {answer!r}."
        axes = str(len(expected))
        lab.equals(out, expected, axes=axes, path=name, dtype=torch.int64, misconceptions=wrong, hint=hint)


@check("pack")
def documents_lie_whole_in_their_rows(lab: Lab) -> None:
    length = lab.random.randint(15, 18)
    counts = [5, 6, 7, length + 3, 4, length - 4, 6, 3]  # one is too long; one fills its row to the last place
    documents = draw_documents(lab, counts, 200)
    out = lab.probe("pack", [list(document) for document in documents], length)
    expected = packed(documents, length)
    lab.dims("N T", N=(len(expected["labels"]),) * 2, T=(length, length))
    for name in NAMES:
        wrong = known(PACKINGS, lambda way, name=name: way(documents, length)[name])
        hint = f"These are {name} of documents of {counts} tokens in rows of {length}."
        options = {"dtype": torch.int64, "misconceptions": wrong, "hint": hint}
        lab.equals(out, expected[name], axes="N T", path=name, **options)


@check("apart")
def documents_in_a_row_do_not_meet(lab: Lab) -> None:
    config, weights = draw_config(lab), draw_weights(lab)
    batch = draw_rows(lab, config["vocab_size"])
    got = lab.probe("forward", config, weights, batch).tensor(axes=f"2 14 {lab.size('V')}")

    def answer(way: Model) -> Tensor:
        return tokens_of(way(exact(weights), batch), batch)

    hint = f"S counts the real tokens, row after row; the segments are {batch['segments'].tolist()}."
    expected = answer(Model())
    options = {"terms": TERMS, "misconceptions": known(MODELS, answer), "hint": hint}
    lab.equals(tokens_of(got, batch), expected, axes=f"{len(expected)} V", **options)


@check("loss")
def the_next_token_is_asked_for_once(lab: Lab) -> None:
    lab.dims("N T V", N=(3, 5), T=(8, 11), V=(12, 15))
    logits, labels = lab.normal("N T V", scale=2.0), lab.integers("N T", low=0, high=lab.size("V"))
    labels = labels.masked_fill(lab.uniform("N T") < 0.3, IGNORED)
    labels[0, :2], labels[:, -1] = labels[0, :2].clamp(min=0), labels[:, -1].clamp(min=0)
    out, right = lab.probe("nats", logits, labels), logits.double()
    wrong = known(COSTS, lambda way: way(right, labels))
    hint = f"The labels are {labels.tolist()}."
    options = {"terms": TERMS, "misconceptions": wrong, "hint": hint}
    lab.equals(out, next_token(right, labels), axes="", path="total", **options)
    wrong = known(COSTS, partial(gradient, right, labels), "the gradient of {}")
    expected = gradient(right, labels, next_token)
    lab.equals(out, expected, axes="N T V", path="dlogits", terms=TERMS, misconceptions=wrong)
    count = torch.tensor(out.integer("count"))
    wrong = known(COUNTS, lambda way: torch.tensor(way(labels)))
    lab.equals(
        count, torch.tensor(asked_for(labels)), axes="", dtype=torch.int64, misconceptions=wrong, hint=f"Count. {hint}"
    )


def gradient(logits: Tensor, labels: Tensor, way: Any) -> Tensor:
    ready = logits.clone().requires_grad_()
    return torch.autograd.grad(way(ready, labels), ready)[0]


@check("rate")
def the_rate_rises_and_falls(lab: Lab) -> None:
    warmup, steps = lab.random.randint(5, 20), lab.random.randint(60, 200)
    plan = [steps, warmup, lab.random.uniform(0.5, 1.0), lab.random.uniform(0.05, 0.2)]
    at = [0, 1, warmup - 1, warmup, warmup + 1, (warmup + steps) // 2, steps - 1, steps, steps + 9]
    out = lab.probe("rates", at, plan)

    def planned(way: Any) -> Tensor:
        return torch.tensor([way(step, *plan) for step in at], dtype=torch.float64)

    hint = f"{steps} steps, {warmup} of them warm-up, peak {plan[2]:.3g}, floor {plan[3]:.3g}; the steps are {at}."
    options = {"dtype": torch.float64, "tolerance": 1e-6, "misconceptions": known(RATES, planned), "hint": hint}
    lab.equals(out, planned(rate), axes="step", **options)


@check("step")
def every_asked_for_token_counts_alike(lab: Lab) -> None:
    config, weights = draw_config(lab), draw_weights(lab)
    steps = [draw_unequal(lab, config["vocab_size"]) for _ in range(STEPS)]
    lab.fix(K=STEPS)
    for lr, most in ((lab.random.uniform(0.2, 0.3), lab.random.uniform(0.3, 0.5)), (0.02, 1e3)):  # clipped, and not
        out = lab.probe("train", config, weights, steps, lr, most)
        compare_training(lab, out, weights, steps, (lr, most))


def compare_training(
    lab: Lab, out: Observation, weights: Weights, steps: list[list[Batch]], plan: tuple[float, float]
) -> None:
    @cache
    def trained(way: Training) -> tuple[Tensor, Weights]:
        return way.run(exact(weights), steps, *plan)

    losses, after = trained(Training())
    asked = [[asked_for(batch["labels"]) for batch in batches] for batches in steps]
    wrong = known(TRAININGS, lambda way: trained(way)[0], "the losses of training with {}")
    hint = f"The batches of each step ask for {asked} tokens; max_norm is {plan[1]:.3g}. These are train_step's losses."
    options = {"tolerance": 1e-4, "misconceptions": wrong, "hint": hint}
    lab.equals(out, losses, axes="K", path="losses", dtype=torch.float64, **options)
    for name in ["lm_head.weight", *lab.random.sample(sorted(weights), 5)]:
        wrong = known(TRAININGS, lambda way, name=name: trained(way)[1][name], f"{name} after {{}}")
        axes, hint = shapes()[name], f"This is {name} after {STEPS} steps, with max_norm {plan[1]:.3g}."
        options = {"terms": TERMS, "misconceptions": wrong, "hint": hint}
        lab.equals(out, after[name], axes=axes, path=f"weights/{name}", **options)


@check("evaluate")
def nats_are_averaged_over_tokens(lab: Lab) -> None:
    config, weights = draw_config(lab), draw_weights(lab)
    batches = draw_unequal(lab, config["vocab_size"])
    got = lab.probe("evaluate", config, weights, batches).tensor(axes="2", dtype=torch.float64)
    parts = measured(exact(weights), batches)
    mean = mean_nats(parts)
    asked = [count for _, count in parts]
    hint = f"The batches ask for {asked} tokens, at {', '.join(f'{total / n:.3f}' for total, n in parts)} nats each."
    hint += " The model has dropout, and was in training mode."
    wrong = known(MEANS, lambda way: torch.tensor(way(parts), dtype=torch.float64))
    options = {"axes": "", "dtype": torch.float64, "tolerance": 1e-4, "hint": hint}
    lab.equals(got[0], torch.tensor(mean, dtype=torch.float64), misconceptions=wrong, **options)
    right = math.exp(mean)
    wrong = known(PERPLEXITIES, lambda way: torch.tensor(way(parts), dtype=torch.float64))
    options |= {"tolerance": 1e-4 * right, "misconceptions": wrong}
    lab.equals(got[1], torch.tensor(right, dtype=torch.float64), **options)


@check("learns")
def the_tuned_model_writes_the_dialect(lab: Lab) -> None:
    given, held = draw_pairs(lab)
    base = read_base(lab)
    lab.fix(D=64, W=32, F=128, V=256)
    out = lab.probe("finetune", sizes(64, 128, 256), base, [list(pair) for pair in given])
    tuned = {name: out.tensor(name, axes=axes) for name, axes in shapes().items()}
    batch = rows_of(held)
    after, before = (mean_nats(measured(weights, [batch])) for weights in (tuned, base))
    pairs = bigram_nats(given, held)
    lab.show(bars("Nats per byte of held-out answers", "base, counting pairs, yours", nats=[before, pairs, after]))
    hint = f"Yours cost {after:.3f} nats per byte, counting pairs {pairs:.3f}, the base as it was {before:.3f}."
    lab.measures("Nats per byte under counting pairs", pairs - after, at_least=UNDER, hint=hint)
