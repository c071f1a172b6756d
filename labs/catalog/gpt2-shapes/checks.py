"""Checks for looking inside GPT-2, BERT and T5. Weights are drawn, so only a model that holds them has these values."""

import torch
from torch import Tensor

from drawing import draw_bert, draw_gpt2, draw_ids, draw_padding, draw_t5
from encoder_decoder import T5
from gpu_runner.checking import Lab, Observation, check, heatmap
from gpu_runner.checking.comparing import to_double
from misconceptions import (
    of_a_cache,
    of_a_count,
    of_a_lens,
    of_a_shape,
    of_an_output,
    of_attention,
    of_cross_attention,
    of_dependence,
    of_sentences,
)
from reference import GPT2, bert, mean_of_tokens, normed

TERMS = 64
AXES = {"embeddings": "B S D", "qkv": "B S 3D", "queries": "B H S D/H", "scores": "B H S P+S", "mlp": "B S F"}
AXES |= {"hidden_states": "L+1 B S D", "logits": "B S V", "cache": "2 L B H P+S D/H"}
FAMILIES = [("gpt2", "GPT-2", draw_gpt2), ("bert", "BERT", draw_bert), ("t5", "T5's decoder", draw_t5)]


def expected_shapes(c: dict[str, int], batch: int, tokens: int, past: int) -> dict[str, list[int]]:
    sizes = {"B": batch, "S": tokens, "D": c["n_embd"], "3D": 3 * c["n_embd"], "H": c["n_head"], "2": 2}
    sizes |= {"D/H": c["n_embd"] // c["n_head"], "P+S": past + tokens, "F": c["n_inner"] or 4 * c["n_embd"]}
    sizes |= {"L": c["n_layer"], "L+1": c["n_layer"] + 1, "V": c["vocab_size"]}
    return {name: [sizes[axis] for axis in axes.split()] for name, axes in AXES.items()}


@check("shapes")
def shapes_follow_from_the_configuration(lab: Lab) -> None:
    draw = lab.random.randint
    heads, width = draw(5, 9), draw(10, 16)
    config = {"n_embd": heads * width, "n_head": heads, "n_layer": draw(17, 20), "vocab_size": draw(900, 2000)}
    config |= {"n_positions": draw(400, 500)}
    for past, inner in ((0, draw(600, 800)), (draw(30, 40), None)):
        asked = {**config, "n_inner": inner}
        batch, tokens = draw(2, 4), draw(21, 29)
        out = lab.probe("shapes", asked, batch, tokens, past)
        for name, right in expected_shapes(asked, batch, tokens, past).items():
            hint = f"This is `{name}`, {AXES[name].replace(' ', ', ')}, of {asked} with {batch} rows of {tokens} tokens"
            known = of_a_shape(name, right, asked, past)
            hint = f"{hint} on top of {past} cached ones."
            lab.equals(
                out, torch.tensor(right), axes="axis", path=name, dtype=torch.int64, misconceptions=known, hint=hint
            )


def parameters(c: dict[str, int]) -> int:
    d, inner = c["n_embd"], c["n_inner"] or 4 * c["n_embd"]
    maps = [(d, 3 * d), (d, d), (d, inner), (inner, d)]
    block = sum(ins * outs + outs for ins, outs in maps) + 2 * 2 * d
    return c["vocab_size"] * d + c["n_positions"] * d + c["n_layer"] * block + 2 * d


@check("count")
def the_count_follows_from_the_configuration(lab: Lab) -> None:
    draw = lab.random.randint
    for inner in (draw(20_000, 30_000), None):  # far too large to be built
        config = {"n_embd": 64 * draw(120, 180), "n_head": 64, "n_layer": draw(60, 90), "n_inner": inner}
        config |= {"vocab_size": draw(40_000, 60_000), "n_positions": draw(1000, 3000)}
        right = parameters(config)
        surplus = torch.tensor(lab.probe("count", config).integer() - right).double()
        hint = f"This is your count less the right one, {right:,}, for {config}."
        known = of_a_count(config, right)
        lab.equals(surplus, torch.zeros(()), axes="", dtype=torch.float64, misconceptions=known, hint=hint)


@check("follow")
def hooks_see_what_the_modules_put_out(lab: Lab) -> None:
    config, weights = draw_gpt2(lab)
    ids, later = draw_ids(lab), draw_ids(lab)
    model = GPT2(config["n_head"], config["n_layer"])
    found, again = (model(*to_double((weights, tokens))) for tokens in (ids, later))
    names = [f"transformer.h.{lab.random.randrange(2)}", f"transformer.h.{lab.random.randrange(3)}.attn"]
    names += [f"transformer.h.{lab.random.randrange(3)}.{part}" for part in ("mlp", "attn.c_attn", "mlp.c_fc")]
    names += ["transformer.ln_f", "transformer.wte"]
    out = lab.probe("follow", config, weights, ids, later, lab.random.sample(names, len(names)))
    for name in names:
        wide = {"c_attn": "B S F3", "c_fc": "B S F"}.get(name.rpartition(".")[2], "B S D")
        known = of_an_output(name, found, again)
        hint = f"This is the output of `{name}`."
        lab.equals(out, found[name], axes=wide, path=name, terms=TERMS, misconceptions=known, hint=hint)


@check("attention")
def attention_equals_the_reference(lab: Lab) -> None:
    config, weights = draw_gpt2(lab)
    ids, layer = draw_ids(lab), lab.random.randrange(3)
    right, exact = GPT2(config["n_head"], config["n_layer"]), to_double((weights, ids))
    out = lab.probe("attention", config, weights, ids, layer)
    expected = right(*exact)[f"transformer.h.{layer}.attn.probabilities"]
    known = of_attention(right, *exact, layer)
    hint = f"This is layer {layer} of 0 to 2."
    answer = lab.equals(out, expected, axes="B H S S", terms=TERMS, misconceptions=known, hint=hint)
    for head in range(2):
        lab.show(heatmap(f"Layer {layer}, head {head}", answer[0, head], "query key"))


@check("lens")
def the_lens_reads_a_block(lab: Lab) -> None:
    read_after(lab, lab.random.choice([1, 2]))


@check("last-lens")
def after_the_last_block_it_reads_the_logits(lab: Lab) -> None:
    read_after(lab, 3)


def read_after(lab: Lab, layer: int) -> None:
    config, weights = draw_gpt2(lab)
    ids = draw_ids(lab)
    w, _ = to_double((weights, ids))
    found = GPT2(config["n_head"], config["n_layer"])(w, ids)
    known = of_a_lens(w, found, layer, config["n_layer"])
    out = lab.probe("lens", config, weights, ids, layer)
    hint = f"Asked for: after {layer} of 3 blocks."
    state = normed(w, "transformer.ln_f", found[f"transformer.h.{layer - 1}"], 1e-5)
    expected = state @ w["transformer.wte.weight"].mT
    lab.equals(out, expected, axes="B S V", terms=TERMS, misconceptions=known, hint=hint)


@check("cache")
def the_cache_holds_keys_and_values(lab: Lab) -> None:
    config, weights = draw_gpt2(lab)
    ids, layers = draw_ids(lab), config["n_layer"]
    found = GPT2(config["n_head"], layers)(*to_double((weights, ids)))
    rows = torch.stack(
        [torch.stack([found[f"transformer.h.{i}.attn.{kind}"] for i in range(layers)]) for kind in "qkv"]
    )  # (3, L, B, H, S, D/H)
    out = lab.probe("cached", config, weights, ids)
    for kind, name, right in (("k", "keys", rows[1]), ("v", "values", rows[2])):
        known = of_a_cache(found, kind, layers, rows)
        lab.equals(
            out, right, axes="L B H S D/H", path=name, terms=TERMS, misconceptions=known, hint=f"These are the {name}."
        )


@check("sentences")
def sentences_are_the_mean_of_their_tokens(lab: Lab) -> None:
    config, weights = draw_bert(lab)
    ids, mask = draw_ids(lab), draw_padding(lab)
    sizes = (config["num_attention_heads"], config["num_hidden_layers"])
    w, _ = to_double((weights, ids))
    out = lab.probe("sentence_vectors", config, weights, ids, mask)
    expected = mean_of_tokens(bert(w, ids, mask, *sizes), mask)
    hint = f"The rows have {mask.sum(1).tolist()} real tokens in {mask.size(1)} places."
    lab.equals(out, expected, axes="B D", terms=TERMS, misconceptions=of_sentences(w, ids, mask, *sizes), hint=hint)


@check("cross-attention")
def targets_read_the_input(lab: Lab) -> None:
    config, weights = draw_t5(lab)
    ids, mask, targets = draw_ids(lab), draw_padding(lab), draw_ids(lab, "B T")
    layer, right = lab.random.randrange(2), T5(config["num_heads"], config["num_layers"])
    exact = to_double((weights, ids, mask, targets))
    out = lab.probe("cross_attention", config, weights, ids, mask, targets, layer)
    expected = right(*exact)[f"decoder.block.{layer}.layer.1.EncDecAttention"]
    known = of_cross_attention(right, exact, layer)
    hint = f"This is layer {layer} of 0 and 1."
    answer = lab.equals(out, expected, axes="B H T S", terms=TERMS, misconceptions=known, hint=hint)
    title = f"Decoder layer {layer}, head 0: the last {int((mask[0] == 0).sum())} inputs are padding"
    lab.show(heatmap(title, answer[0, 0], "target input"))


def draw_mixing(lab: Lab) -> Tensor:
    """Which output mixes which input: (T, S), in no order that could be guessed, and no misconception is right."""
    while True:
        mixes = lab.integers("T S", low=0, high=2).bool()
        differs = all(not torch.equal(mistake.fn(), mixes) for mistake in of_dependence(mixes))
        if differs and mixes.any(0).all():  # every input is used somewhere
            return mixes


@check("dependence")
def changed_inputs_show_what_depends_on_them(lab: Lab) -> None:
    lab.dims("T S D V", T=(5, 6), S=(7, 8), D=(3, 4), V=(20, 30))
    mixes = draw_mixing(lab)
    mixing = mixes * lab.uniform("T S", low=0.5, high=1.5)
    ids = draw_ids(lab, "1 S")
    ids[0, lab.random.sample(range(lab.size("S")), 2)] = torch.tensor([0, lab.size("V") - 1])  # the ends of the table
    out = lab.probe("dependence", mixing, lab.normal("V D"), ids)
    judge_dependence(lab, out, mixes)


def judge_dependence(lab: Lab, out: Observation, right: Tensor, hint: str = "") -> Tensor:
    return lab.equals(out, right, axes="T S", dtype=torch.bool, misconceptions=of_dependence(right), hint=hint)


@check("families")
def the_three_families_see_differently(lab: Lab) -> None:
    for family, title, draw in FAMILIES:
        config, weights = draw(lab)
        every = torch.ones(lab.size("S"), lab.size("S"), dtype=torch.bool)
        out = lab.probe("dependence_in", family, config, weights, draw_ids(lab, "1 S"))
        answer = judge_dependence(lab, out, every if family == "bert" else every.tril(), f"This is {title}.")
        lab.show(heatmap(f"{title}: which output reads which input", answer.float(), "output input"))


@check("left-behind")
def no_hook_is_left_behind(lab: Lab) -> None:
    config, weights = draw_gpt2(lab)
    out = lab.probe("left_behind", config, weights, draw_ids(lab))
    for when, hint in (("success", "Call `handle.remove()`."), ("error", "Remove them in a `finally`.")):
        lab.measures(f"Hooks that `follow` left after {when}", out.integer(when), exactly=0, hint=hint)
