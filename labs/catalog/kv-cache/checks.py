"""Checks for decoding with a cache. Caches are drawn, so that nothing but the cache can tell what came before."""

from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, Observation, check
from gpu_runner.checking.comparing import to_double
from misconceptions import CHOICES, MODELS
from reference import Cache, Choice, Model, Weights

TERMS = 64
HEADS, WIDTH, VOCABULARY, PLACES, LAYERS = 3, 12, 17, 24, 2
DEFAULTS = {"temperature": 1.0, "top_k": None, "top_p": None}
CLEAR = 1e-3
"""Greedy decoding is asked for only where the best token leads by this much: rounding is a thousandth of it."""


def draw_weights(lab: Lab) -> Weights:
    lab.fix(D=WIDTH, F=20, V=VOCABULARY, P=PLACES, L=LAYERS, H=HEADS, W=WIDTH // HEADS)
    squares = dict.fromkeys(("wq", "wk", "wv", "wo"), "D D")
    layers = [lab.weights(**squares, w1="F D", w2="D F") for _ in range(LAYERS)]
    for layer in layers:
        layer["wq"] *= 2
    return {"tokens": lab.normal("V D"), "positions": lab.normal("P D"), "layers": layers}


def draw_cache(lab: Lab) -> Cache:
    return dict(zip("kv", lab.normal("L B H S W", count=2), strict=True))


def judge_logits(lab: Lab, out: Observation, w: Weights, ids: Tensor, cache: Cache | None = None) -> None:
    exact = to_double((w, ids, HEADS, cache))
    known = [Misconception(key, text, partial(lambda model: model(*exact)[0], model)) for key, text, model in MODELS]
    lab.equals(out, Model()(*exact)[0], axes="B T V", path="0", terms=TERMS, misconceptions=known)


@check("prefill")
def the_prompt_goes_through_at_once(lab: Lab) -> None:
    w = draw_weights(lab)
    lab.dims("B T", B=(5, 6), T=(7, 10))
    ids = lab.integers("B T", low=0, high=VOCABULARY)
    judge_logits(lab, lab.call("forward", w, ids, HEADS), w, ids)


@check("cache")
def the_cache_holds_keys_and_values(lab: Lab) -> None:
    w = draw_weights(lab)
    lab.dims("B T S", B=(5, 6), T=(7, 8), S=(9, 11))
    ids, cache = lab.integers("B T", low=0, high=VOCABULARY), draw_cache(lab)
    for before, axes in ((None, "L B H T W"), (cache, "L B H S+T W")):
        out = lab.call("forward", w, ids, HEADS, cache=before)
        _, held = Model()(*to_double((w, ids, HEADS, before)))
        for name, other in (("k", "v"), ("v", "k")):
            swapped = Misconception("swapped", f"the cache's {other}", partial(held.get, other))
            backwards = Misconception(
                "new-first", "a cache with the new tokens first", partial(new_first, held[name], ids)
            )
            hint = f"This is the cache's {name}" + (" of a prompt." if before is None else " after earlier tokens.")
            options = {"terms": TERMS, "misconceptions": [swapped, backwards], "hint": hint}
            lab.equals(out, held[name], axes=axes, path=f"1/{name}", **options)


def new_first(held: Tensor, ids: Tensor) -> Tensor:
    return held.roll(ids.size(1), dims=3)


@check("step")
def one_more_token(lab: Lab) -> None:
    w = draw_weights(lab)
    lab.fix(T=1)
    lab.dims("B S", B=(5, 6), S=(7, 10))
    ids, cache = lab.integers("B T", low=0, high=VOCABULARY), draw_cache(lab)
    judge_logits(lab, lab.call("forward", w, ids, HEADS, cache=cache), w, ids, cache)


@check("chunk")
def several_tokens_more(lab: Lab) -> None:
    w = draw_weights(lab)
    lab.dims("B T S", B=(5, 6), T=(7, 8), S=(9, 11))
    ids, cache = lab.integers("B T", low=0, high=VOCABULARY), draw_cache(lab)
    judge_logits(lab, lab.call("forward", w, ids, HEADS, cache=cache), w, ids, cache)


def logits_of(model: Model, w: Weights, ids: Tensor) -> Tensor:
    """Of one row, ids (1, T) -> (T, V)."""
    return model(*to_double((w, ids, HEADS)))[0][0]


@check("padding")
def padding_changes_nothing(lab: Lab) -> None:
    """Each row alone and without padding is the reference; afterwards one more token, on the learner's own cache."""
    w = draw_weights(lab)
    lab.fix(B=3, T=9)
    ids, new = lab.integers("B T", low=0, high=VOCABULARY), lab.integers("B 1", low=0, high=VOCABULARY)
    pads = torch.tensor(lab.random.sample([0, 2, 3, 5], 3))
    first = lab.call("forward", w, ids, HEADS, pads=pads)
    got, held = first.tensor("0", axes="B T V"), {n: first.tensor(f"1/{n}", axes="L B H T W") for n in "kv"}
    then = lab.call("forward", w, new, HEADS, cache=held, pads=pads).tensor("0", axes="B 1 V")
    for row, pad in enumerate(pads.tolist()):
        together = torch.cat([ids[row, pad:], new[row]])[None]
        expected = logits_of(Model(), w, together)
        answer = torch.cat([got[row, pad:], then[row]])
        counting = Model(place=lambda past, t, pad=pad: past + t + pad)
        whole = torch.cat([ids[row], new[row]])[None]
        known = [
            Misconception(
                "padding-counted",
                "logits with positions that count the padding",
                partial(logits_of, counting, w, together),
            ),
            Misconception(
                "padding-seen",
                "logits of tokens that see the padding",
                lambda ids=whole, pad=pad: logits_of(Model(), w, ids)[pad:],
            ),
        ]
        hint = (
            f"This is row {row}, which has {pad} tokens of padding on its left; its last place was a step of its own."
        )
        lab.equals(answer, expected, axes="place V", terms=TERMS, misconceptions=known, hint=hint)


def judge_choice(lab: Lab, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None) -> None:
    lab.dims("B V", B=(3, 5), V=(9, 12))
    logits = lab.normal("B V", scale=2.0)
    given = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    asked = {name: value for name, value in given.items() if value != DEFAULTS[name]}
    out = lab.call("distribution", logits, **asked)
    known = [Misconception(key, text, partial(choice, logits, *given.values())) for key, text, choice in CHOICES]
    hint = "Asked for: " + ", ".join(f"{name}={value:.3g}" for name, value in given.items() if value is not None) + "."
    lab.equals(out, Choice()(logits, *given.values()), axes="B V", terms=TERMS, misconceptions=known, hint=hint)


@check("temperature")
def temperature_divides(lab: Lab) -> None:
    judge_choice(lab, lab.random.uniform(0.4, 0.7))
    judge_choice(lab, lab.random.uniform(1.5, 2.5))
    judge_choice(lab, 0.0)


@check("top-k")
def the_k_most_probable(lab: Lab) -> None:
    judge_choice(lab, top_k=lab.random.randint(3, 6))
    judge_choice(lab, top_k=1)


@check("top-p")
def the_smallest_set_that_holds_p(lab: Lab) -> None:
    judge_choice(lab, top_p=lab.random.uniform(0.7, 0.95))
    judge_choice(lab, top_p=0.01)


@check("together")
def all_three_in_order(lab: Lab) -> None:
    judge_choice(lab, lab.random.uniform(1.5, 2.5), lab.random.randint(4, 7), lab.random.uniform(0.6, 0.8))


def from_the_last_alone(w: Weights, ids: Tensor) -> Tensor:
    """After the prompt (B, T), each of eight tokens from the one before it at its place, the rest forgotten."""
    blind = Model(sees=lambda past, t, _: slice(past + t, past + t + 1))
    for at in range(8):
        model = blind if at else Model()
        ids = torch.cat([ids, model(*to_double((w, ids, HEADS)))[0][:, -1].argmax(-1, keepdim=True)], dim=1)
    return ids


@check("greedy")
def greedy_text_equals_the_references(lab: Lab) -> None:
    lab.fix(B=3, T=5, N=13)
    clear, stuck = 0.0, True
    while clear < CLEAR or stuck:  # a row that repeats one token would not show what the model remembers
        w = draw_weights(lab)
        prompt = lab.integers("B T", low=0, high=VOCABULARY)
        ids, clear = prompt, 1.0
        for _ in range(8):
            logits = Model()(*to_double((w, ids, HEADS)))[0][:, -1]
            best = logits.topk(2).values
            clear = min(clear, (best[:, 0] - best[:, 1]).min().item())
            ids = torch.cat([ids, logits.argmax(-1, keepdim=True)], dim=1)
        stuck = bool((ids[:, 5:] == ids[:, 5:6]).all(1).any())
    out = lab.call("generate", w, prompt, HEADS, 8)
    repeated = torch.cat([prompt, ids[:, 5:6].expand(-1, 8)], dim=1)
    known = [
        Misconception("stuck", "the first new token over and over", lambda: repeated),
        Misconception("without-prompt", "the new tokens without the prompt", lambda: ids[:, 5:]),
        Misconception("forgetful", "tokens chosen from the last one alone", lambda: from_the_last_alone(w, prompt)),
    ]
    lab.equals(out, ids, axes="B N", dtype=torch.int64, misconceptions=known)
