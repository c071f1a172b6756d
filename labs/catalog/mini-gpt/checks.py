"""Checks for the small GPT: float64 formulas and autograd outside, and the mistakes they are told apart from."""

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

import traced
from drawing import (
    CONFIG,
    as_bytes,
    attention,
    axes_of,
    draw_config,
    draw_ids,
    draw_weights,
    named_arrays,
    nats_of,
    pair_nats,
    path_of,
    read_weights,
    split_text,
)
from gpu_runner.checking import Lab, Misconception, Observation, check, curves, show_steps
from gpu_runner.checking.comparing import to_double
from misconceptions import BLIND, DECAYS, DLOGITS, HEATS, LOSSES, MODELS, RATES, STEPS, WALKS, WINDOWS, faded, planned
from reference import Leaves, Model, Training, decays, dlogits, flat, greedy, nearest, rate, shifted_loss

TERMS = 32
"""Rounding in float32 against float64; see the README for what it came to over many seeds."""
WALK_TERMS = 256
"""Four steps of Adam on: its first steps divide each gradient by itself and enlarge what rounding did to small ones."""
VISIBLE = 1e-4
"""A change of a logit of order one: rounding moves its seventh digit, a token that is seen one of the first."""
START = 1.5
"""A fresh loss lies this near to log V: tables of 0.02 to 0.2 are 0.01 to 0.7 off, standard normal ones over ten."""
APART = 1e-3
"""How far fresh logits spread at least; tables of 0.02 give 0.1."""
CLEAR = 1e-3
"""Greedy text is asked for only where the best token leads by this much: rounding is a thousandth of it."""
ROWS = 20000
SPREAD = 6 * 0.5 / math.sqrt(ROWS)
"""Six standard deviations of a share counted in so many rows; a mistake is asked to stand 11 times as far away."""
GAIN = 0.1
"""Nats under the pairs. Ten runs of the model solution came 0.24 to 0.36 under, those of other recipes 0.17 to 0.36."""

Mistakes = list[tuple[str, str, Any]]


def compare_arrays(lab: Lab, out: Observation, expected: Leaves, mistakes: Mistakes, hint: str = "") -> None:
    """`mistakes` hold all arrays as those made them."""
    for name, array in expected.items():
        known = [Misconception(key, text, partial(torch.clone, arrays[name])) for key, text, arrays in mistakes]
        said = f"This is {name}. {hint}".strip()
        lab.equals(out, array, axes=axes_of(name), path=path_of(name), terms=TERMS, misconceptions=known, hint=said)


@check("logits")
def logits_equal_the_reference(lab: Lab) -> None:
    layers = lab.random.randint(2, 3)
    config = draw_config(lab, layers)
    weights = draw_weights(lab, layers)
    right = Model(config["heads"])
    lab.dims("B T", B=(2, 4), T=(5, 6))
    batches = [draw_ids(lab, axes) for axes in ("B T", "B P", "B 1")]
    out = lab.probe("forward", config, weights, batches)
    for i, axes in enumerate(("B T V", "B P V", "B 1 V")):
        on = to_double((weights, batches[i]))
        known = [Misconception(key, text, partial(wrong(right), *on)) for key, text, wrong in MODELS]
        hint = f"These are {batches[i].size(1)} tokens in a context of {config['context']}."
        lab.equals(out, right(*on), axes=axes, path=str(i), terms=TERMS, misconceptions=known, hint=hint)


@check("leak")
def no_token_changes_an_earlier_prediction(lab: Lab) -> None:
    config = draw_config(lab)
    weights, ids = draw_weights(lab), draw_ids(lab, "B P")
    t = lab.random.randint(1, config["context"] - 1)
    later, first = ids.clone(), ids.clone()
    later[:, t:] = (ids[:, t:] + lab.random.randint(1, config["vocab"] - 1)) % config["vocab"]
    first[:, 0] = (ids[:, 0] + 1) % config["vocab"]
    out = lab.probe("forward", config, weights, [ids, later, first])
    before, after, far = (out.tensor(str(i), axes="B P V") for i in range(3))
    early = largest_change(before, after)[:t]
    where = int(early.argmax())
    text = f"New tokens from {t} on moved the prediction at {where}, before them, by {early[where]:.2g}: the future"
    lab.require(bool(early[where] <= VISIBLE), f"{text} leaks.")
    moved = largest_change(before, far)
    text = f"A new token 0 did not move the prediction at {int(moved.argmin())}: it should see the whole past."
    lab.require(bool(moved.min() > VISIBLE), text)


def largest_change(before: Tensor, after: Tensor) -> Tensor:
    return (after - before).abs().amax(dim=(0, 2))  # (B, T, V) -> (T,)


@check("weights")
def what_goes_in_comes_out(lab: Lab) -> None:
    config = draw_config(lab)
    weights = draw_weights(lab)
    out, expected = lab.probe("there_and_back", config, weights), flat(weights)
    for name, array in expected.items():
        known = [Misconception("swapped", n, partial(torch.clone, a)) for n, a in named_arrays(expected, name)]
        known.append(
            Misconception(
                "transposed", "the array transposed", partial(torch.clone, array.mT if array.ndim > 1 else array)
            )
        )
        options = {"misconceptions": known, "hint": f"This is {name}."}
        lab.equals(out, array.double(), axes=axes_of(name), path=path_of(name), terms=1, **options)


@check("fresh")
def a_fresh_model_knows_nothing(lab: Lab) -> None:
    lab.fix(B=40, P=16, V=101)
    config = {"vocab": 101, "width": 32, "heads": 4, "layers": 3, "context": 16}
    ids = draw_ids(lab, "B P")
    got = lab.probe("fresh", config, ids).tensor(axes="B P V")
    loss, even = shifted_loss(got.double(), ids).item(), math.log(101)
    text = (
        f"The loss of a fresh model on tokens that mean nothing is {loss:.3g}; log 101 = {even:.3g} is what no opinion"
    )
    lab.require(abs(loss - even) <= START, f"{text} costs. Start the token table small: it makes the logits too.")
    lab.require(
        got.std().item() >= APART, "A fresh model answers alike everywhere, so that nothing tells tokens apart."
    )


@check("loss")
def loss_and_gradient_equal_the_reference(lab: Lab) -> None:
    lab.dims("B T V", B=(3, 5), T=(6, 9), V=(10, 14))
    logits, ids = lab.normal("B T V", scale=2.0), lab.integers("B T", low=0, high=lab.size("V"))
    out, exact = lab.probe("loss", logits, ids), logits.double()
    known = [Misconception(key, text, partial(wrong, exact, ids)) for key, text, wrong in LOSSES]
    lab.equals(out, shifted_loss(exact, ids), axes="", path="loss", terms=TERMS, misconceptions=known)
    known = [Misconception(key, text, partial(wrong, exact, ids)) for key, text, wrong in DLOGITS]
    lab.equals(out, dlogits(exact, ids), axes="B T V", path="dlogits", terms=TERMS, misconceptions=known)


@check("rate")
def the_rate_rises_and_falls(lab: Lab) -> None:
    warmup, steps = lab.random.randint(5, 20), lab.random.randint(60, 200)
    plan = [steps, warmup, lab.random.uniform(0.5, 1.0), lab.random.uniform(0.05, 0.2)]
    at = [0, 1, warmup - 1, warmup, warmup + 1, (warmup + steps) // 2, steps - 1, steps, steps + 9]
    out = lab.probe("rates", at, plan)
    known = [Misconception(key, text, partial(planned, wrong, at, plan)) for key, text, wrong in RATES]
    text = f"{steps} steps, {warmup} of them warm-up, peak {plan[2]:.3g}, floor {plan[3]:.3g}; the steps are {at}."
    lab.show(curves("The rate", "step", rate=planned(rate, list(range(steps + 10)), plan)))
    options = {"dtype": torch.float64, "tolerance": 1e-6, "misconceptions": known, "hint": text}
    lab.equals(out, planned(rate, at, plan), axes="step", **options)


@check("decay")
def matrices_decay_and_nothing_else(lab: Lab) -> None:
    config = draw_config(lab)
    weights = draw_weights(lab)
    lr, fade = lab.random.uniform(0.2, 0.4), lab.random.uniform(0.3, 0.6)
    out = lab.probe("decay", config, weights, lr, fade)
    arrays = {name: array.double() for name, array in flat(weights).items()}
    coupled = {name: array - lr * (array + 1e-9).sign() * decays(name) for name, array in arrays.items()}
    known = [(key, text, faded(arrays, lr * fade, decaying)) for key, text, decaying in DECAYS]
    known.append(("coupled", "decay as part of the gradient, which Adam makes all alike", coupled))
    compare_arrays(lab, out, faded(arrays, lr * fade, decays), known, "All gradients are zero here.")


@check("step")
def one_step_moves_every_array_by_its_gradient(lab: Lab) -> None:
    config = draw_config(lab)
    weights, model = draw_weights(lab), Model(config["heads"])
    lab.dims("B T", B=(2, 4), T=(5, 6))
    ids, lr = draw_ids(lab, "B T"), lab.random.uniform(1.0, 2.0)
    _, gradients = Training().gradients(model, Training().start(weights), ids)
    norm = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt().item()
    for share in (0.03, 3.0):  # of the gradient's norm: so small that values are cut too, then larger than all
        run = {"ids": ids, "lr": lr, "most": share * norm}
        out = lab.probe("sgd_step", config, weights, ids, lr, share * norm)
        known = [(key, text, way.sgd(model, weights, **run)) for key, text, way in STEPS]
        hint = f"The gradient's norm is {norm:.3g}, max_norm {share * norm:.3g}."
        compare_arrays(lab, out, Training().sgd(model, weights, **run), known, hint)


@check("trajectory")
def four_steps_lead_to_the_references_network(lab: Lab) -> None:
    config = draw_config(lab)
    weights, model = draw_weights(lab), Model(config["heads"])
    lab.fix(K=4, B=3, T=6, R=5)
    ids, new = draw_ids(lab, "K B T"), draw_ids(lab, "R P")
    plan = {"rates": [lab.random.uniform(0.02, 0.05) for _ in range(4)], "decay": lab.random.uniform(0.5, 1.0)}
    plan["max_norm"] = lab.random.uniform(0.5, 1.0)
    args = (model, weights, ids, *plan.values())
    out = lab.probe("trajectory", config, weights, ids, plan, new)
    ran = [(key, text, way.run(*args)) for key, text, way in WALKS]
    losses, after = Training().run(*args)
    hint = "These are the losses that train_step returned, each from before its step."
    known = [Misconception(key, f"the losses of {text}", partial(torch.clone, got[0])) for key, text, got in ran]
    lab.equals(out, losses, axes="K", path="losses", terms=WALK_TERMS, misconceptions=known, hint=hint)
    known = [Misconception(key, f"the network of {text}", partial(model, got[1], new)) for key, text, got in ran]
    hint = "These are the logits for new tokens after the four steps."
    options = {"terms": WALK_TERMS, "misconceptions": known, "hint": hint}
    lab.equals(out, model(after, new), axes="R P V", path="logits", **options)


@check("greedy")
def greedy_text_equals_the_references(lab: Lab) -> None:
    config = draw_config(lab)
    lab.fix(B=3, T=4, N=4 + 14)
    model, clear, told_apart = Model(config["heads"]), 0.0, False
    while clear < CLEAR or not told_apart:
        weights, prompt = draw_weights(lab), draw_ids(lab, "B T")
        exact = to_double((weights, prompt))
        expected, clear = greedy(model, *exact, 14)
        wrong = [(key, text, greedy(model, *exact, 14, window)[0]) for key, text, window in WINDOWS]
        wrong += [(key, f"the text of {text}", greedy(made(model), *exact, 14)[0]) for key, text, made in BLIND]
        told_apart = not any(bool((ids == expected).all()) for _, _, ids in wrong)
    known = [Misconception(key, text, partial(torch.clone, ids)) for key, text, ids in wrong]
    out = lab.probe("written", config, weights, prompt, 14, 0.0, 1)
    hint = f"The context holds {config['context']} tokens, the prompt has 4, and 14 are asked for."
    lab.equals(out, expected, axes="B N", dtype=torch.int64, misconceptions=known, hint=hint)


@check("sampling")
def samples_have_the_asked_for_probabilities(lab: Lab) -> None:
    config = draw_config(lab)
    lab.fix(T=4, R=ROWS)
    model, apart = Model(config["heads"]), False
    while not apart:
        weights, prompt = draw_weights(lab), draw_ids(lab, "1 T")
        heat = lab.random.choice([lab.random.uniform(0.4, 0.6), lab.random.uniform(1.7, 2.5)])
        exact = to_double((weights, prompt))
        z = model(*exact)[0, -1]
        wrong = [(key, text, fn(z, heat)) for key, text, fn in HEATS]
        others = [(key, text, made(model)(*exact)[0, -1]) for key, text, made in BLIND]
        wrong += [(key, f"the probabilities of {text}", (z / heat).softmax(-1)) for key, text, z in others]
        right = (z / heat).softmax(-1)
        answers = [p for _, _, p in wrong]
        apart = nearest([right], answers) > 11 * SPREAD and nearest(answers[:2], answers[2:]) > 2 * SPREAD
    out = lab.probe(
        "written", config, weights, prompt.expand(ROWS, 4).contiguous(), 1, heat, lab.random.randrange(2**31)
    )
    text = out.tensor(axes="R 5", dtype=torch.int64)
    known_tokens = bool((text[:, :4] == prompt).all()) and bool((text // config["vocab"] == 0).all())
    lab.require(known_tokens, "The text does not begin with the prompt, or holds a token that is none.")
    share = torch.bincount(text[:, -1], minlength=config["vocab"]).double() / ROWS
    known = [Misconception(key, text, partial(torch.clone, p)) for key, text, p in wrong]
    hint = f"These are shares of each token in {ROWS} samples at temperature {heat:.3g}."
    options = {"dtype": torch.float64, "tolerance": SPREAD, "misconceptions": known, "hint": hint}
    lab.equals(share, right, axes="V", **options)


@check("seeded")
def the_generator_alone_decides(lab: Lab) -> None:
    config = draw_config(lab)
    lab.fix(B=4, T=3, N=3 + 24)
    out = lab.probe("seeds", config, draw_weights(lab), draw_ids(lab, "B T"), 24)
    one, same, other = (out.tensor(str(i), axes="B N", dtype=torch.int64) for i in range(3))
    text = "Twice the same generator gave two texts: draw with generator=generator, and from nothing else."
    lab.require(bool((one == same).all()), text)
    lab.require(bool((one != other).any()), "Another seed of the generator gave the same text.")


@check("parameters")
def there_is_one_table(lab: Lab) -> None:
    config = draw_config(lab, 3)
    d = config["width"]
    expected = (config["vocab"] + config["context"] + 2) * d + config["layers"] * (12 * d * d + 13 * d)
    hint = f"A head of its own would be {config['vocab'] * d} more."
    lab.measures("Parameters", lab.parameters("GPT", **config), exactly=expected, hint=hint)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder", "TransformerDecoder")
    lab.forbids("MultiheadAttention", "Transformer", "transformers", "diffusers")


@check("trained")
def the_trained_model_beats_counting_pairs(lab: Lab) -> None:
    given, held = split_text(lab, lab.data("data/sentences.txt"))
    context = CONFIG["context"]
    lab.fix(D=CONFIG["width"], F=4 * CONFIG["width"], V=CONFIG["vocab"], P=context)
    out = lab.probe("trained", CONFIG, given, as_bytes(b"Return the "))
    weights, model = read_weights(out, CONFIG["layers"]), Model(CONFIG["heads"])
    windows = held[: len(held) // context * context].view(-1, context).long()
    nats, pairs = nats_of(model, weights, windows), pair_nats(given, windows)
    curve = out.tensor("curve", axes="100")
    lab.show(curves("Loss of the batches", "hundredth of the run", loss=curve, pairs=[pairs] * 100))
    for picture in attention(model, weights, windows[:1]):
        lab.show(picture)
    hint = f"It costs {nats:.3f} nats a letter, counting pairs {pairs:.3f}. Weights came from weights_of."
    lab.measures("Nats a letter under counting pairs", pairs - nats, at_least=GAIN, hint=hint)


@check("trace")
def the_forward_pass_step_by_step(lab: Lab) -> None:
    config = draw_config(lab)
    weights, ids = draw_weights(lab), draw_ids(lab, "B P")
    names = {"D/H": config["width"] // config["heads"]}
    show_steps(lab, "GPT", traced, on=(ids,), config=config, weights=weights, names=names)
