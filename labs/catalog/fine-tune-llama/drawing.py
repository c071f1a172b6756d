"""A small Llama and packed rows for it, drawn so that mistakes show; real text in a drawn dialect."""

from collections.abc import Callable
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab
from reference import END, HEADS, KV_HEADS, Batch, Document, Weights, asked_for, encoded, packed

Pair = tuple[str, str]
LETTERS = "etaoinsrhldcumfpgwybvk"
PLACES = {"q_proj": "self_attn", "k_proj": "self_attn", "v_proj": "self_attn", "o_proj": "self_attn"}
PLACES |= {"gate_proj": "mlp", "up_proj": "mlp", "down_proj": "mlp"}
AXES = {"q_proj": "D D", "k_proj": "W D", "v_proj": "W D", "o_proj": "D D"}
AXES |= {"gate_proj": "F D", "up_proj": "F D", "down_proj": "D F"}
GIVEN, HELD = 600, 100


def sizes(width: int, inner: int, vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": 2,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": 256,
    }


def draw_config(lab: Lab) -> dict[str, Any]:
    """D is the width, W that of keys and values, F the inner one, V the vocabulary."""
    lab.fix(D=24, W=12)
    lab.dims("F V", F=(31, 39), V=(41, 49))
    return sizes(24, lab.size("F"), lab.size("V"))


def shapes() -> dict[str, str]:
    """The axes of every array, by its place in the state dict."""
    found = {"model.embed_tokens.weight": "V D", "model.norm.weight": "D", "lm_head.weight": "V D"}
    for at in (f"model.layers.{i}" for i in range(2)):
        found |= {f"{at}.{name}.weight": "D" for name in ("input_layernorm", "post_attention_layernorm")}
        found |= {f"{at}.{part}.{name}.weight": AXES[name] for name, part in PLACES.items()}
    return found


def draw_weights(lab: Lab) -> Weights:
    weights = {}
    for name, axes in shapes().items():
        if axes == "D":
            weights[name] = 1 + lab.normal("D", scale=0.3)
        else:
            weights[name] = lab.normal(axes, scale=1.3 * lab.size(axes[-1]) ** -0.5 if "embed" not in name else 1.0)
    return weights


def draw_documents(lab: Lab, sizes: list[int], vocabulary: int) -> list[Document]:
    """Ids from 1 on; a beginning of each is not asked for, and the end is."""
    found = []
    for size in sizes:
        given = lab.random.randint(1, max(1, size // 3))
        ids = [lab.random.randrange(1, vocabulary) for _ in range(size - 1)] + [END]
        found.append((ids, [-100] * given + ids[given:]))
    return found


def draw_rows(lab: Lab, vocabulary: int, length: int = 14) -> Batch:
    """Two rows: two documents and some padding, then three documents."""
    first, third = lab.random.randint(4, 6), lab.random.randint(3, 5)
    counts = [first, length - 2 - first, third, 4, length - 4 - third]
    return packed(draw_documents(lab, counts, vocabulary), length)


def draw_unequal(lab: Lab, vocabulary: int) -> list[Batch]:
    """Two batches with very different numbers of asked-for tokens, in a drawn order."""
    small = packed(draw_documents(lab, [lab.random.randint(4, 6)], vocabulary), 10)
    batches = [draw_rows(lab, vocabulary), small]
    lab.random.shuffle(batches)
    return batches


def exact(weights: Weights) -> Weights:
    return {name: array.double() for name, array in weights.items()}


def draw_dialect(lab: Lab) -> Callable[[str], str]:
    """Twenty-two letters, each written as another one."""
    spelled = list(LETTERS)
    while any(a == b for a, b in zip(LETTERS, spelled, strict=True)):
        lab.random.shuffle(spelled)
    new = "".join(spelled)
    table = str.maketrans(LETTERS + LETTERS.upper(), new + new.upper())
    return lambda text: text.translate(table)


def draw_pairs(lab: Lab) -> tuple[list[Pair], list[Pair]]:
    """Sentences in a drawn dialect, parted behind a word or two: prompt and answer; some given, some held out."""
    lines = lab.data("data/sentences.txt").decode().splitlines()
    lab.random.shuffle(lines)
    spell = draw_dialect(lab)
    pairs = [parted(spell(line)) for line in lines[: GIVEN + HELD]]
    return pairs[:GIVEN], pairs[GIVEN:]


def parted(line: str) -> Pair:
    at = line.index(" ", 12)
    return line[:at], line[at:]


def read_base(lab: Lab) -> Weights:
    return load(lab.data("data/base.safetensors"))


def rows_of(pairs: list[Pair]) -> Batch:
    return packed([encoded(*pair) for pair in pairs], 192)


def bigram_nats(given: list[Pair], held: list[Pair]) -> float:
    """What the held-out answers cost by counts of pairs of bytes in the given text."""
    counts = torch.zeros(256, 256, dtype=torch.float64)
    for pair in given:
        ids = torch.tensor(encoded(*pair)[0])
        counts.index_put_((ids[:-1], ids[1:]), torch.ones(len(ids) - 1, dtype=torch.float64), accumulate=True)
    alone = (counts.sum(0) + 0.1) / (counts.sum() + 25.6)
    table = (counts + 3 * alone) / (counts.sum(1, keepdim=True) + 3)  # a pair never seen costs what its byte costs
    total, count = torch.zeros((), dtype=torch.float64), 0
    for pair in held:
        ids, labels = (torch.tensor(part) for part in encoded(*pair))
        asked = labels[1:] != -100
        total -= table[ids[:-1], ids[1:]][asked].log().sum()
        count += asked_for(labels[None])
    return (total / count).item()


def tokens_of(logits: Tensor, batch: Batch) -> Tensor:
    """Those of real tokens, document after document: (N, T, V) -> (S, V)."""
    return logits[batch["segments"] > 0]
