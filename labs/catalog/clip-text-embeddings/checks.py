"""Checks for CLIP's text embeddings: a float64 CLIP outside, with weights drawn for each submission."""

from typing import Any

import torch
from torch import Tensor

from gpu_runner.checking import Lab, check, heatmap
from misconceptions import COSINES, ENSEMBLES, LOSSES, POOLINGS, known, of_a_batch, of_embedding, one_way
from reference import Clip, Weights, at_the_first_end, batched, contrastive, cosines, ensembled

TERMS = 64
LENGTH, LAYERS = 11, 2
APART = 0.05
FEW_TERMS = 8
"""Gradients by unit directions are small, and the drawn cotangent may make them smaller."""


def draw_ends(lab: Lab) -> tuple[int, int]:
    """Ids of start and end, neither the largest nor the smallest; an end of 2 would mean something to the library."""
    bos, eos = lab.random.sample(range(3, lab.size("V") - 3), 2)
    return bos, eos


def draw_rows(lab: Lab, bos: int, eos: int, longest: int) -> list[list[int]]:
    """Texts of 1 to `longest` tokens, each with ids above and below the end token's."""
    others = [token for token in range(lab.size("V")) if token not in (bos, eos)]
    lengths = lab.random.sample(range(2, longest), lab.size("N") - 1)
    return [[lab.size("V") - 1, *lab.random.choices(others, k=length - 1)] for length in [*lengths, longest]]


@check("batch")
def rows_become_one_batch(lab: Lab) -> None:
    lab.fix(V=40, N=4, L=LENGTH)
    bos, eos = draw_ends(lab)
    rows = draw_rows(lab, bos, eos, LENGTH - 2)
    rows += [lab.random.choices(range(eos), k=LENGTH + 3), []]  # one too long, one empty
    lab.random.shuffle(rows)
    out = lab.probe("batch", rows, bos, eos, LENGTH)
    hint = f"The texts have {[len(row) for row in rows]} tokens, and the batch has {LENGTH} places."
    right, wrong = batched(rows, bos, eos, LENGTH), of_a_batch(rows, bos, eos, LENGTH)
    for at, name in enumerate(("ids", "mask")):
        options = {"dtype": torch.int64, "misconceptions": wrong[at], "hint": hint}
        lab.equals(out, right[at], axes="text L", path=name, **options)


def draw_ids(lab: Lab, bos: int, eos: int, longest: int = LENGTH - 3) -> Tensor:
    """At least one pad behind every text."""
    return batched(draw_rows(lab, bos, eos, longest), bos, eos, LENGTH)[0]


@check("pool")
def the_state_at_the_first_end_token(lab: Lab) -> None:
    lab.fix(V=40, N=4, S=LENGTH)
    bos, eos = draw_ends(lab)
    states, ids = lab.normal("N S D"), draw_ids(lab, bos, eos)
    out = lab.call("pool", states, ids, eos)
    lab.agrees(out, at_the_first_end, on=(states, ids, eos), axes="N D", terms=TERMS, misconceptions=known(POOLINGS))


def draw_clip(lab: Lab) -> tuple[dict[str, Any], Weights, Clip]:
    heads = lab.random.randint(3, 4)
    lab.fix(V=40, N=4, L=LENGTH + 5, D=heads * lab.random.randint(6, 8), F=44, P=lab.random.choice([15, 17, 19]))
    bos, eos = draw_ends(lab)
    config = {"vocab_size": lab.size("V"), "hidden_size": lab.size("D"), "intermediate_size": lab.size("F")}
    config |= {"num_hidden_layers": LAYERS, "num_attention_heads": heads, "max_position_embeddings": lab.size("L")}
    config |= {"projection_dim": lab.size("P"), "bos_token_id": bos, "eos_token_id": eos, "pad_token_id": eos}
    name = "text_model.embeddings"
    weights = {
        f"{name}.token_embedding.weight": lab.normal("V D"),
        f"{name}.position_embedding.weight": lab.normal("L D"),
    }
    for i in range(LAYERS):
        name = f"text_model.encoder.layers.{i}"
        for part, axes in [("self_attn.q_proj", "D D"), ("self_attn.k_proj", "D D"), ("self_attn.v_proj", "D D")]:
            weights |= draw_map(lab, f"{name}.{part}", axes)
        for part, axes in [("self_attn.out_proj", "D D"), ("mlp.fc1", "F D"), ("mlp.fc2", "D F")]:
            weights |= draw_map(lab, f"{name}.{part}", axes)
        weights |= draw_norm(lab, f"{name}.layer_norm1") | draw_norm(lab, f"{name}.layer_norm2")
    weights |= draw_norm(lab, "text_model.final_layer_norm")
    weights["text_projection.weight"] = lab.normal("P D", scale=2 * lab.size("D") ** -0.5)
    return config, weights, Clip(heads, LAYERS, eos)


def draw_map(lab: Lab, name: str, axes: str) -> Weights:
    outs, ins = axes.split()
    return {
        f"{name}.weight": lab.normal(axes, scale=1.3 * lab.size(ins) ** -0.5),
        f"{name}.bias": lab.normal(outs, scale=0.3),
    }


def draw_norm(lab: Lab, name: str) -> Weights:
    return {f"{name}.weight": 1 + lab.normal("D", scale=0.3), f"{name}.bias": lab.normal("D", scale=0.3)}


@check("embed")
def the_embeddings_equal_the_reference(lab: Lab) -> None:
    config, weights, right = draw_clip(lab)
    ids = draw_ids(lab, config["bos_token_id"], right.eos)
    out = lab.probe("embed", config, weights, ids)
    answer = lab.agrees(out, right, on=(weights, ids), axes="N P", terms=TERMS, misconceptions=of_embedding(right))
    lab.show(heatmap("Cosines between your embeddings", answer @ answer.mT, "text text"))


@check("unit")
def embeddings_have_length_one(lab: Lab) -> None:
    config, weights, right = draw_clip(lab)
    weights["text_projection.weight"] *= lab.random.choice([0.01, 100.0])
    out = lab.probe("embed", config, weights, draw_ids(lab, config["bos_token_id"], right.eos))
    lengths = out.tensor(axes="N P").norm(dim=-1)
    worst = (lengths - 1).abs().max().item()
    lab.require(worst <= 1e-4, f"The lengths of the embeddings are {lengths.min():.3g} to {lengths.max():.3g}, not 1.")


@check("padding")
def more_padding_changes_nothing(lab: Lab) -> None:
    config, weights, right = draw_clip(lab)
    ids = draw_ids(lab, config["bos_token_id"], right.eos)
    longer = torch.cat([ids, torch.full((len(ids), 4), right.eos)], dim=1)
    out = lab.probe("embed", config, weights, longer)
    hint = "These texts have four more places of padding."
    lab.agrees(out, right, on=(weights, longer), axes="N P", terms=TERMS, misconceptions=of_embedding(right), hint=hint)


@check("cosine")
def cosines_equal_the_reference(lab: Lab) -> None:
    lab.dims("N M D", N=(3, 5), M=(6, 8), D=(9, 12))
    a, b = lab.normal("N D", scale=3.0), lab.normal("M D", scale=0.2)
    out = lab.call("cosine", a, b)
    lab.agrees(out, cosines, on=(a, b), axes="N M", terms=TERMS, misconceptions=known(COSINES))


@check("class-vectors")
def prompts_of_a_class_become_one_vector(lab: Lab) -> None:
    lab.dims("C T D", C=(3, 4), T=(5, 6), D=(9, 12))
    vectors = lab.normal("C T D") * (2 * lab.normal("C T 1")).exp()
    out = lab.call("class_vectors", vectors)
    lab.agrees(out, ensembled, on=(vectors,), axes="C D", terms=TERMS, misconceptions=known(ENSEMBLES))


def draw_pairs(lab: Lab) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs that belong together a little, and a scale from 3 to 7; the two directions cost visibly different sums."""
    lab.dims("N D", N=(6, 8), D=(10, 14))
    while True:
        text = lab.normal("N D", scale=2.0)
        image = 0.3 * text + lab.normal("N D", scale=0.7)
        scale = torch.tensor(lab.random.uniform(1.2, 1.9))
        if (one_way(text, image, scale) - one_way(image, text, scale)).abs() > APART:
            return text, image, scale


@check("contrastive")
def the_loss_equals_the_reference(lab: Lab) -> None:
    on = draw_pairs(lab)
    out = lab.call("contrastive_loss", *on)
    lab.agrees(out, contrastive, on=on, axes="", terms=TERMS, misconceptions=known(LOSSES))


@check("gradients")
def its_gradients_equal_the_reference(lab: Lab) -> None:
    by = dict(zip(("text", "image", "log_scale"), draw_pairs(lab), strict=True))
    lab.gradients_agree(
        "contrastive_loss", contrastive, by=by, axes="N D", terms=FEW_TERMS, misconceptions=known(LOSSES)
    )
