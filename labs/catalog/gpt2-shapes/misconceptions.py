"""What people get wrong, on the very inputs of a check: ids, texts that fit after "equals", and what they compute."""

from functools import partial

import torch
from torch import Tensor

from encoder_decoder import T5
from gpu_runner.checking import Misconception
from reference import GPT2, Outputs, Weights, bert, linear, mean_of_tokens, normed

PAST_AXIS = {"scores": 3, "cache": 4}


def of_a_shape(name: str, right: list[int], config: dict[str, int], past: int) -> list[Misconception]:
    width, head = config["n_embd"], config["n_embd"] // config["n_head"]
    swapped = [*right[:-3], right[-2], right[-3], right[-1]]
    others = {
        "axes-swapped": ("the two axes before the last exchanged", swapped),
        "past-added": ("sizes with the past where only new tokens pass", [*right[:-2], right[-2] + past, right[-1]]),
        "full-width": ("the whole width D where one head has D/H", [width if s == head else s for s in right]),
        "gpt2-small": ("the sizes of GPT-2 small", in_gpt2_small(name, right)),
    }
    if name in PAST_AXIS:
        without = [size - past * (at == PAST_AXIS[name]) for at, size in enumerate(right)]
        others["past-missing"] = ("sizes without the cached tokens", without)
    if name == "mlp":
        others["four-times"] = ("4·D although the configuration says n_inner", [*right[:-1], 4 * width])
    if name == "hidden_states":
        others["embeddings-missing"] = (
            "one hidden state per block, without the embeddings",
            [right[0] - 1, *right[1:]],
        )
    known = [(key, text, shape) for key, (text, shape) in others.items() if shape != right]
    return [Misconception(key, text, partial(torch.tensor, shape)) for key, text, shape in known]


def in_gpt2_small(name: str, right: list[int]) -> list[int]:
    last = {"embeddings": 768, "qkv": 2304, "mlp": 3072, "hidden_states": 768, "logits": 50257}
    return [*right[:-1], last.get(name, right[-1])]


def of_a_count(c: dict[str, int], right: int) -> list[Misconception]:
    d, layers, inner = c["n_embd"], c["n_layer"], c["n_inner"] or 4 * c["n_embd"]
    others = {  # all as what is counted too much
        "head-twice": ("a count that has the tied output matrix twice", c["vocab_size"] * d),
        "positions-missing": ("a count without the position embeddings", -c["n_positions"] * d),
        "biases-missing": ("a count without the biases of the linear maps", -layers * (5 * d + inner)),
        "norms-missing": ("a count without the layer norms", -(2 * layers + 1) * 2 * d),
        "last-norm-missing": ("a count without the norm behind the last block", -2 * d),
        "four-times": ("a count with 4·D for n_inner", layers * (2 * d + 1) * (4 * d - inner)),
        "one-block": ("a count of one block instead of all", -(layers - 1) * block(d, inner)),
        "gpt2-small": ("the count of GPT-2 small", 124_439_808 - right),
    }
    return [
        Misconception(key, f"{text}, less the right one", partial(torch.tensor, float(surplus)))
        for key, (text, surplus) in others.items()
        if surplus
    ]


def block(d: int, inner: int) -> int:
    return 4 * d + 4 * d * d + 4 * d + 2 * d * inner + inner + d


def of_an_output(name: str, found: Outputs, again: Outputs) -> list[Misconception]:
    """What a hook at the wrong place would have seen; `again` is of another run."""
    others = {key: value for key, value in found.items() if key != name and value.shape == found[name].shape}
    nearby = [
        Misconception(f"other-{key}", f"the output of `{key}`", partial(torch.clone, value))
        for key, value in others.items()
        if not key.endswith((".q", ".k", ".v", ".scores", ".probabilities"))
    ]
    later = Misconception("hooks-left", "the output of a later run: the hook is still there", again[name].clone)
    return [*_input_of(name, found), later, *nearby]


def _input_of(name: str, found: Outputs) -> list[Misconception]:
    """A hook's second argument is what went in, its third what came out."""
    before = {"mlp": "ln_2", "attn": "ln_1"}.get(name.rpartition(".")[2])
    places = {"transformer.h.0": "transformer.drop", "transformer.h.1": "transformer.h.0"}
    source = f"{name.rpartition('.')[0]}.{before}" if before else places.get(name, "")
    if source not in found:
        return []
    return [Misconception("input", f"what went into `{name}`", found[source].clone)]


def of_attention(right: GPT2, w: Weights, ids: Tensor, layer: int) -> list[Misconception]:
    at, found = f"transformer.h.{layer}.attn", right(w, ids)
    q, k = found[f"{at}.q"], found[f"{at}.k"]
    hidden = found[f"{at}.scores"].isinf()
    raw = [part.reshape(len(ids), right.heads, ids.size(1), -1) for part in found[f"{at}.c_attn"].chunk(3, -1)]
    apart = found[f"{at}.c_attn"].unflatten(-1, (right.heads, 3, -1)).permute(3, 0, 2, 1, 4)

    def weighed(scores: Tensor, root: float = 0.5) -> Tensor:
        return (scores / q.size(-1) ** root).masked_fill(hidden, -torch.inf).softmax(-1)

    others: dict[str, tuple[str, Tensor]] = {
        "unscaled": ("attention without the division by √(D/H)", weighed(q @ k.mT, 0.0)),
        "scaled-by-width": ("attention divided by √D instead of √(D/H)", weighed(q @ k.mT * right.heads**-0.5)),
        "not-causal": ("attention without the causal mask", (q @ k.mT / q.size(-1) ** 0.5).softmax(-1)),
        "swapped": ("attention with queries and keys exchanged", weighed(k @ q.mT)),
        "heads-raw": ("heads cut straight to (B, H, S, D/H)", weighed(raw[0] @ raw[1].mT)),
        "interleaved": ("q, k, v cut within each head instead of one after the other", weighed(apart[0] @ apart[1].mT)),
        "heads-averaged": ("the mean over the heads", weighed(q @ k.mT).mean(1)),
        "over-queries": (
            "a softmax over the queries",
            (q @ k.mT / q.size(-1) ** 0.5).masked_fill(hidden, -torch.inf).softmax(-2),
        ),
    }
    for near in (layer - 1, layer + 1):
        if 0 <= near < right.layers:
            other = found[f"transformer.h.{near}.attn.probabilities"]
            others[f"layer-{near - layer:+d}"] = (f"the attention of layer {near} instead of {layer}", other)
    return [Misconception(key, text, value.clone) for key, (text, value) in others.items()]


def of_a_lens(w: Weights, found: Outputs, layer: int, layers: int) -> list[Misconception]:
    def states(at: int) -> Tensor:
        return found["transformer.drop"] if at == 0 else found[f"transformer.h.{at - 1}"]

    def read(x: Tensor) -> Tensor:
        return x @ w["transformer.wte.weight"].mT

    def last_norm(x: Tensor) -> Tensor:
        return normed(w, "transformer.ln_f", x, 1e-5)

    others = {
        "no-norm": ("logits without the last norm", read(states(layer))),
        "norm-twice": ("logits with the last norm applied twice", read(last_norm(last_norm(states(layer))))),
        "last-layer": ("the logits of the whole model", found["lm_head"]),
    }
    others |= {
        f"after-{at}": (f"the logits after {at} blocks instead of {layer}", read(last_norm(states(at))))
        for at in (layer - 1, layer + 1)
        if 0 <= at <= layers and at != layers
    }
    if layer == layers:
        del others["last-layer"]
    return [Misconception(key, text, value.clone) for key, (text, value) in others.items()]


def of_a_cache(found: Outputs, kind: str, layers: int, rows: Tensor) -> list[Misconception]:
    """`rows` are the pieces (L, B, H, S, D/H) of all three kinds, stacked."""
    at = "qkv".index(kind)
    names = ["queries", "keys", "values"]
    exchanged = [
        Misconception(f"{names[other]}-instead", f"the {names[other]}", rows[other].clone)
        for other in range(3)
        if other != at
    ]
    reverse = Misconception("last-layer-first", "a cache with the last layer first", rows[at].flip(0).clone)
    fused = torch.stack([found[f"transformer.h.{i}.attn.c_attn"] for i in range(layers)]).chunk(3, -1)[at]
    raw = Misconception("heads-raw", "heads cut straight to (H, S, D/H)", fused.reshape(rows[at].shape).clone)
    return [*exchanged, reverse, raw]


def of_sentences(w: Weights, ids: Tensor, mask: Tensor, heads: int, layers: int) -> list[Misconception]:
    x, unmasked = (bert(w, ids, m, heads, layers) for m in (mask, torch.ones_like(mask)))
    last = x[torch.arange(len(x)), mask.sum(1) - 1]
    others = {
        "pads-averaged": ("the mean over all places, padding too", x.mean(1)),
        "pads-attended": ("a mean whose tokens saw the padding: the model got no mask", mean_of_tokens(unmasked, mask)),
        "no-mask-at-all": ("the mean over all places of a model without a mask", unmasked.mean(1)),
        "first-token": ("the hidden state of the first token", x[:, 0]),
        "last-token": ("the hidden state of the last real token", last),
        "pooler": ("the pooler's output, which reads the first token alone", linear(w, "pooler.dense", x[:, 0]).tanh()),
        "divided-by-all": (
            "the sum over real tokens divided by all places",
            mean_of_tokens(x, mask) * mask.double().mean(1, keepdim=True),
        ),
    }
    return [Misconception(key, text, value.clone) for key, (text, value) in others.items()]


def of_cross_attention(right: T5, on: tuple[Weights, Tensor, Tensor, Tensor], layer: int) -> list[Misconception]:
    found = right(*on)
    name = f"decoder.block.{layer}.layer.1.EncDecAttention"
    near = 1 - layer
    unmasked = T5(right.heads, right.layers, masked=False)(*on)
    others = {
        "padding-read": ("cross-attention that reads the padding too: the model got no mask", unmasked[name]),
        "decoder-self": ("the decoder's self-attention", found[f"decoder.block.{layer}.layer.0.SelfAttention"]),
        "encoder-self": ("the encoder's self-attention", found[f"encoder.block.{layer}.layer.0.SelfAttention"]),
        "other-layer": (f"cross-attention of layer {near}", found[f"decoder.block.{near}.layer.1.EncDecAttention"]),
        "heads-averaged": ("the mean over the heads", found[name].mean(1)),
        "transposed": ("a row per input token and a column per target token", found[name].mT),
    }
    return [Misconception(key, text, value.clone) for key, (text, value) in others.items()]


def of_dependence(mixes: Tensor) -> list[Misconception]:
    """For (T, S) of bool."""
    others = {
        "transposed": ("a row per input and a column per output", mixes.mT),
        "inverted": ("where an output does not depend on an input", ~mixes),
        "from-there-on": (
            "what changes when all inputs from a place on are changed",
            mixes.flip(1).cummax(1).values.flip(1),
        ),
        "up-to-there": ("what changes when the places before stay changed", mixes.cummax(1).values),
    }
    return [Misconception(key, text, value.clone) for key, (text, value) in others.items()]
