"""A tiny BERT and batches for it, drawn so that mistakes show; the shipped sentences, held out by document."""

from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab
from reference import HEADS, Batch, Weights

LAYERS, POSITIONS, LENGTH = 2, 64, 32
HELD = 0.3


def draw_config(lab: Lab, **other: Any) -> dict[str, Any]:
    """What BertConfig is told; D is the width, F the inner one, V the vocabulary, C the classes, P the positions."""
    lab.fix(D=20, C=3)
    lab.dims("F V P", F=(26, 34), V=(40, 49), P=(14, 17))
    sizes = {"vocab_size": lab.size("V"), "hidden_size": 20, "intermediate_size": lab.size("F")}
    sizes |= {"max_position_embeddings": lab.size("P"), "num_labels": 3}
    return sizes | {"num_hidden_layers": LAYERS, "num_attention_heads": HEADS} | other


def shapes() -> dict[str, str]:
    """The axes of every linear map's weight."""
    found = {"bert.pooler.dense": "D D", "classifier": "C D"}
    for at in (f"bert.encoder.layer.{i}" for i in range(LAYERS)):
        found |= {f"{at}.attention.self.{name}": "D D" for name in ("query", "key", "value")}
        found |= {f"{at}.attention.output.dense": "D D", f"{at}.intermediate.dense": "F D", f"{at}.output.dense": "D F"}
    return found


def draw_weights(lab: Lab) -> Weights:
    """By the names of BertForSequenceClassification."""
    weights = {}
    for at, axes in shapes().items():
        weights[f"{at}.weight"] = lab.normal(axes, scale=1.5 * lab.size(axes[-1]) ** -0.5)
        weights[f"{at}.bias"] = lab.normal(axes[0], scale=0.3)
    for name, axes in {"word": "V D", "position": "P D", "token_type": "2 D"}.items():
        weights[f"bert.embeddings.{name}_embeddings.weight"] = lab.normal(axes)
    layers = (f"bert.encoder.layer.{i}.{part}output" for i in range(LAYERS) for part in ("attention.", ""))
    for at in ("bert.embeddings", *layers):
        weights[f"{at}.LayerNorm.weight"] = 1 + lab.normal("D", scale=0.3)
        weights[f"{at}.LayerNorm.bias"] = lab.normal("D", scale=0.3)
    return weights


def draw_batch(lab: Lab, size: int) -> Batch:
    """Rows of drawn lengths, one of them full; under the padding stands whatever was drawn."""
    width = lab.random.randint(8, 12)
    lengths = [width, *(lab.random.randint(3, width - 2) for _ in range(size - 1))]
    lab.random.shuffle(lengths)
    ids = lab.integers(f"{size} {width}", low=4, high=lab.size("V"))
    mask = (torch.arange(width) < torch.tensor(lengths)[:, None]).long()
    return {"input_ids": ids, "attention_mask": mask, "labels": lab.integers(str(size), low=0, high=3)}


def exact(weights: Weights) -> Weights:
    return {name: array.double() for name, array in weights.items()}


def read_vocabulary(lab: Lab) -> list[str]:
    return lab.data("data/vocab.txt").decode().splitlines()


@dataclass(frozen=True)
class Sentences:
    """Texts, their classes (N,) and the documents (N,) that they stand in."""

    texts: list[str]
    labels: Tensor
    documents: Tensor


def read_sentences(lab: Lab) -> Sentences:
    rows = [line.split("\t") for line in lab.data("data/sentences.tsv").decode().splitlines()]
    labels, documents = (torch.tensor([int(row[at]) for row in rows]) for at in range(2))
    return Sentences([row[2] for row in rows], labels, documents)


def draw_split(lab: Lab, found: Sentences) -> tuple[list[int], list[int]]:
    """Numbers of the sentences to train on, in a drawn order, and of those held out: whole documents."""
    names = sorted(set(found.documents.tolist()))
    held = set(lab.random.sample(names, round(HELD * len(names))))
    inside = [at for at, document in enumerate(found.documents.tolist()) if document not in held]
    outside = [at for at, document in enumerate(found.documents.tolist()) if document in held]
    lab.random.shuffle(inside)
    return inside, outside


def read_state(lab: Lab) -> Weights:
    """The checkpoint: bert.… is the body, cls.… the head of its pre-training."""
    return load(lab.data("data/pre_trained.safetensors"))
