"""Checks for fine-tuning BERT: float64 formulas outside, and held-out sentences that no learner's process sees."""

from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from drawing import (
    LENGTH,
    POSITIONS,
    draw_batch,
    draw_config,
    draw_split,
    draw_weights,
    exact,
    read_sentences,
    read_state,
    read_vocabulary,
)
from gpu_runner.checking import Lab, Misconception, Observation, bars, check, confusion
from misconceptions import BUILDS, DECAYS, ENCODINGS, PREDICTIONS, RATES, SCORES, TRAININGS, known, right, tables
from reference import HEADS, Batch, Training, Weights, classify, decays, encoded, f1, rate, table

TERMS = 64
"""Rounding in float32 against float64; see the README for what it came to."""
STEPS = 3
MACRO_F1 = 0.65
WORDS = ("network", "windows", "numbers")
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


@check("encode")
def texts_become_ids_and_a_mask(lab: Lab) -> None:
    vocabulary, texts = read_vocabulary(lab), read_sentences(lab).texts
    numbers = {piece: at for at, piece in enumerate(vocabulary)}
    some = sorted(lab.random.sample(texts, 60), key=len)
    lists, length = [some[:5], [*some[:2], *some[-3:]]], 40
    while encoded(lists[0], numbers, 99)[0].size(1) >= length - 2:  # the first list is short, the second is cut
        length += 1
    lists, lengths = [lists[0], lists[1]], [length, 16]
    for at, (chosen, most) in enumerate(zip(lists, lengths, strict=True)):
        lab.random.shuffle(chosen)
        out = lab.probe("encode", vocabulary, [chosen], most)
        ids, mask = encoded(chosen, numbers, most)
        hint = f"List {at + 1} of 2, cut to {most} tokens at most: {chosen!r}."
        axes = f"{ids.size(0)} {ids.size(1)}"
        for place, expected in enumerate((ids, mask)):
            wrong = known(ENCODINGS, lambda way, p=place, c=chosen, m=most: way(c, numbers, m)[p])
            path = f"0/{('input_ids', 'attention_mask')[place]}"
            lab.equals(out, expected, axes=axes, path=path, dtype=torch.int64, misconceptions=wrong, hint=hint)


@check("split")
def documents_are_held_out_whole(lab: Lab) -> None:
    count, share = lab.random.randint(30, 50), lab.random.choice([0.1, 0.2, 0.3])
    names = lab.random.sample(range(1000), count)
    lab.fix(N=4 * count)
    documents = torch.tensor(names + lab.random.choices(names, k=3 * count))[torch.randperm(4 * count)]
    seed = lab.random.getrandbits(30)
    out = lab.probe("split", documents, share, [seed, seed, seed + 1])
    held, again, other = (out.tensor(str(at), axes="N", dtype=torch.bool) for at in range(3))
    inside, outside = set(documents[~held].tolist()), set(documents[held].tolist())
    text = f"{len(inside & outside)} of {count} documents have sentences on both sides."
    lab.require(not inside & outside, f"{text} A model then has seen what it is examined on.")
    expected = round(share * count)
    text = f"{len(outside)} of {count} documents are held out; a share of {share} is {expected}."
    lab.require(len(outside) == expected, text)
    lab.require(torch.equal(held, again), "With a generator in the same state another split was drawn.")
    lab.require(not torch.equal(held, other), "Another seed of the generator gave the same split.")


def checkpoint(weights: Weights, lab: Lab) -> Weights:
    """As it is stored after pre-training: the body, and a head that is of no use here."""
    body = {name: array for name, array in weights.items() if name.startswith("bert.")}
    return body | {"cls.weight": lab.normal("V D"), "cls.bias": lab.normal("V")}


@check("build")
def the_body_is_the_checkpoints(lab: Lab) -> None:
    config, weights, batch = draw_config(lab, **NO_DROPOUT), draw_weights(lab), draw_batch(lab, 4)
    state = checkpoint(weights, lab)
    body = [name for name in state if name.startswith("bert.")]
    new = {name: array for name, array in weights.items() if name not in state}
    out = lab.probe("build", config, state, new, batch)
    arrays = {name: out.tensor(f"body/{name}", axes=" ".join(map(str, state[name].shape))) for name in body}
    differ = [name for name in body if not torch.equal(arrays[name], state[name])]
    text = f"{len(differ)} of {len(body)} arrays of the body are not the checkpoint's, {differ[0] if differ else ''}"
    lab.require(
        len(differ) < len(body), f"{text} the first: its names fit nothing, and strict=False keeps that to itself."
    )
    wrong = known(BUILDS + PREDICTIONS, lambda way: way(exact(weights), batch))
    answer = right(exact(weights), batch)
    lab.equals(out, answer, axes="4 C", path="logits", terms=TERMS, misconceptions=wrong, hint=f"{text} among them.")
    count = out.integer("learning")
    lab.require(count == len(weights), f"{count} of {len(weights)} arrays can learn: all are to be fine-tuned.")


@check("predict")
def logits_see_neither_padding_nor_dropout(lab: Lab) -> None:
    dropout = {"hidden_dropout_prob": 0.4, "attention_probs_dropout_prob": 0.4}
    config, weights, batch = draw_config(lab, **dropout), draw_weights(lab), draw_batch(lab, 5)
    out = lab.probe("predict", config, weights, batch)
    wrong = known(PREDICTIONS, lambda way: way(exact(weights), batch))
    hint = "The model was in training mode, and under the padding stand ids other than 0."
    lab.equals(out, right(exact(weights), batch), axes="5 C", terms=TERMS, misconceptions=wrong, hint=hint)


def faded(weights: Weights, decay: float, lr: float, decaying: Any) -> Weights:
    return {name: array - lr * (1 + decay * decaying(name) * array) for name, array in exact(weights).items()}


@check("groups")
def matrices_decay_and_nothing_else(lab: Lab) -> None:
    config, weights = draw_config(lab), draw_weights(lab)
    decay, lr = lab.random.uniform(0.3, 0.6), lab.random.uniform(0.2, 0.4)
    out = lab.probe("groups", config, weights, decay, lr)
    for name, expected in faded(weights, decay, lr, decays).items():
        wrong = known(DECAYS, lambda way, name=name: faded(weights, decay, lr, way)[name], f"{name} where {{}}")
        start = partial(torch.clone, exact(weights)[name])
        wrong.append(Misconception("left-out", f"{name} as it was: it is in no group", start))
        axes = " ".join(map(str, expected.shape))
        hint = f"This is {name} after one step in which every gradient is 1."
        lab.equals(out, expected, axes=axes, path=name, terms=4, misconceptions=wrong, hint=hint)


@check("rate")
def the_rate_rises_and_falls(lab: Lab) -> None:
    warmup, steps = lab.random.randint(5, 20), lab.random.randint(60, 200)
    plan = [steps, warmup, lab.random.uniform(0.5, 1.0)]
    at = [0, 1, warmup - 1, warmup, warmup + 1, (warmup + steps) // 2, steps - 1, steps, steps + 9]
    out = lab.probe("rates", at, plan)

    def planned(way: Any) -> Tensor:
        return torch.tensor([way(step, *plan) for step in at], dtype=torch.float64)

    hint = f"{steps} steps, {warmup} of them warm-up, peak {plan[2]:.3g}; the steps are {at}."
    options = {"dtype": torch.float64, "tolerance": 1e-6, "misconceptions": known(RATES, planned), "hint": hint}
    lab.equals(out, planned(rate), axes="step", **options)


@check("step")
def several_small_batches_are_one(lab: Lab) -> None:
    config, weights = draw_config(lab, **NO_DROPOUT), draw_weights(lab)
    steps = [[draw_batch(lab, size) for size in lab.random.sample([1, 2, 4, 5], 2)] for _ in range(STEPS)]
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
    sizes = [[len(batch["labels"]) for batch in batches] for batches in steps]
    wrong = known(TRAININGS, lambda way: trained(way)[0], "the losses of training with {}")
    hint = f"The batches of each step have {sizes} examples; max_norm is {plan[1]:.3g}. These are train_step's losses."
    options = {"tolerance": 1e-4, "misconceptions": wrong, "hint": hint}
    lab.equals(out, losses, axes="K", path="losses", dtype=torch.float64, **options)
    for name in ["classifier.weight", *lab.random.sample(sorted(weights), 6)]:
        wrong = known(TRAININGS, lambda way, name=name: trained(way)[1][name], f"{name} after {{}}")
        axes = " ".join(map(str, weights[name].shape))
        hint = f"This is {name} after {STEPS} steps, with max_norm {plan[1]:.3g}."
        options = {"terms": TERMS, "misconceptions": wrong, "hint": hint}
        lab.equals(out, after[name], axes=axes, path=f"weights/{name}", **options)


@check("dropout")
def training_drops_values(lab: Lab) -> None:
    dropout = {"hidden_dropout_prob": 0.3, "attention_probs_dropout_prob": 0.3}
    config, weights, batch = draw_config(lab, **dropout), draw_weights(lab), draw_batch(lab, 6)
    out = lab.probe("train", config, weights, [[batch]] * 5, 0.0, 1.0)
    losses = out.tensor("losses", axes="5", dtype=torch.float64)
    lab.show(bars("The loss of one batch, five times", "time", loss=losses))
    sure, _ = Training().gradients(exact(weights), batch)
    text = (
        f"With dropout 0.3 the same batch cost {sure:.4f} each time, just as without any: the model was in evaluation"
    )
    lab.require(bool((losses - sure).abs().min() > 1e-4), f"{text} mode. A step of training begins with model.train().")
    lab.require(bool((losses - losses[0]).abs()[1:].min() > 0), "Dropout dropped the same values twice.")


@check("f1")
def every_class_counts_alike(lab: Lab) -> None:
    lab.fix(C=4, N=60)
    while True:
        truth = torch.tensor(lab.random.choices(range(4), weights=[9, 5, 2, 1], k=60))
        guess = torch.tensor([y if lab.random.random() < 0.6 else lab.random.choice([0, 1, 2]) for y in truth.tolist()])
        guess[guess == 3] = 1  # the rarest class is never predicted
        counts = table(truth, guess, 4)
        answers = [float(way(counts)) for _, _, way in SCORES]
        if counts.sum(1).min() > 0 and min(abs(a - f1(counts).mean().item()) for a in answers) > 0.01:
            break
    out = lab.call("confusion", truth, guess, 4)
    lab.equals(out, counts, axes="C C", dtype=torch.int64, misconceptions=tables(counts))
    got = torch.tensor(lab.call("macro_f1", counts).number(), dtype=torch.float64)
    wrong = known(SCORES, lambda way: torch.as_tensor(way(counts)).double())
    hint = f"The table, truth in rows: {counts.tolist()}. The last class was never predicted."
    options = {"dtype": torch.float64, "tolerance": 1e-6, "misconceptions": wrong, "hint": hint}
    lab.equals(got, f1(counts).mean(), axes="", **options)


@check("accuracy")
def held_out_sentences_are_told_apart(lab: Lab) -> None:
    found, vocabulary, state = read_sentences(lab), read_vocabulary(lab), read_state(lab)
    inside, outside = draw_split(lab, found)
    config = {"vocab_size": len(vocabulary), "hidden_size": 64, "intermediate_size": 128, "num_labels": len(WORDS)}
    config |= {"num_hidden_layers": 2, "num_attention_heads": HEADS, "max_position_embeddings": POSITIONS}
    texts = [found.texts[at] for at in inside]
    out = lab.probe("finetune", config, state, vocabulary, texts, found.labels[inside])
    shapes = {name: array.shape for name, array in state.items() if name.startswith("bert.")}
    shapes |= {"classifier.weight": (len(WORDS), 64), "classifier.bias": (len(WORDS),)}
    weights = {name: out.tensor(name, axes=" ".join(map(str, shape))) for name, shape in shapes.items()}
    numbers = {piece: at for at, piece in enumerate(vocabulary)}
    with torch.no_grad():
        logits = classify(weights, *encoded([found.texts[at] for at in outside], numbers, LENGTH))
    truth, guess = found.labels[outside], logits.argmax(1)
    lab.show(confusion(f"Held-out sentences: {', '.join(WORDS)}", truth, guess, len(WORDS)))
    score = f1(table(truth, guess, len(WORDS))).mean().item()
    hint = f"{len(outside)} sentences of {len(set(found.documents[outside].tolist()))} documents were held out."
    lab.measures("Macro-F1 on sentences of unseen documents", score, at_least=MACRO_F1, hint=hint)
