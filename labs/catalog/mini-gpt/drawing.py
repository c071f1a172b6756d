"""Sizes, weights and texts, drawn so that mistakes show; what a text holds and what counting pairs makes of it."""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gpu_runner.checking import Lab, Observation, heatmap
from gpu_runner.checking.pictures import Picture
from reference import Leaves, Model, Weights

MATRICES = {"wq": 1.3, "wk": 1.3, "wv": 1.3, "wo": 1.5, "w1": 1.3, "w2": 2.0}
"""Matrices scaled up from 1/√in: attention is far from uniform, and both branches weigh as much as the stream."""
AXES = {"wq": "D D", "wk": "D D", "wv": "D D", "wo": "D D", "w1": "F D", "w2": "D F"}
AXES |= {"bq": "D", "bk": "D", "bv": "D", "bo": "D", "b1": "F", "b2": "D"}
AXES |= {"norm1_gain": "D", "norm1_bias": "D", "norm2_gain": "D", "norm2_bias": "D"}
OUTER = {"tokens": "V D", "positions": "P D", "norm_gain": "D", "norm_bias": "D"}

LETTERS = 128
CONFIG = {"vocab": LETTERS, "width": 48, "heads": 4, "layers": 2, "context": 24}


def draw_config(lab: Lab, layers: int = 2) -> dict[str, int]:
    heads = lab.random.randint(2, 3)
    width = heads * lab.random.choice([5, 6, 7])
    lab.fix(D=width, F=4 * width, V=width + lab.random.randint(3, 9), P=lab.random.randint(7, 9))
    return {"vocab": lab.size("V"), "width": width, "heads": heads, "layers": layers, "context": lab.size("P")}


def draw_weights(lab: Lab, layers: int = 2) -> Weights:
    outer = {name: draw_array(lab, name, axes) for name, axes in OUTER.items()}
    blocks = [{name: draw_array(lab, name, axes) for name, axes in AXES.items()} for _ in range(layers)]
    return outer | {"blocks": blocks}


def draw_array(lab: Lab, name: str, axes: str) -> Tensor:
    if name in MATRICES:
        return lab.normal(axes, scale=MATRICES[name] / math.sqrt(lab.size(axes[-1])))
    if name in {"tokens", "positions"}:
        return lab.normal(axes, scale=0.6)
    small = lab.normal(axes, scale=0.3)
    return 1 + small if name.endswith("gain") else small


def draw_ids(lab: Lab, axes: str) -> Tensor:
    return lab.integers(axes, low=0, high=lab.size("V"))


def axes_of(name: str) -> str:
    inner = name.rpartition(".")[2]
    return AXES.get(inner) or OUTER[inner]


def path_of(name: str) -> str:
    block, _, inner = name.rpartition(".")
    return f"blocks/{block}/{inner}" if block else inner


def read_weights(out: Observation, layers: int) -> Weights:
    """What came back, in float64, once every shape is right."""
    outer = {name: out.tensor(f"weights/{name}", axes=axes).double() for name, axes in OUTER.items()}
    blocks = [
        {name: out.tensor(f"weights/blocks/{i}/{name}", axes=axes).double() for name, axes in AXES.items()}
        for i in range(layers)
    ]
    return outer | {"blocks": blocks}


def split_text(lab: Lab, text: bytes) -> tuple[Tensor, Tensor]:
    """A tenth of the sentences held out, drawn for this submission: two texts as bytes (N,)."""
    sentences = text.splitlines(keepends=True)
    lab.random.shuffle(sentences)
    cut = len(sentences) // 10
    held, given = b"".join(sentences[:cut]), b"".join(sentences[cut:])
    return as_bytes(given), as_bytes(held)


def as_bytes(text: bytes) -> Tensor:
    return torch.frombuffer(bytearray(text), dtype=torch.uint8)


def nats_of(model: Model, weights: Weights, windows: Tensor) -> float:
    """What it costs the model to guess each letter of windows (N, T), from the second on."""
    with torch.no_grad():
        logits = model(weights, windows)
    return cross_entropy(logits[:, :-1].flatten(0, 1), windows[:, 1:].flatten()).item()


def pair_nats(given: Tensor, windows: Tensor) -> float:
    """What it costs to guess each letter of windows (N, T), from the second on, by counts of pairs in `given`."""
    pairs = torch.zeros(LETTERS, LETTERS, dtype=torch.float64)
    one = torch.ones(len(given) - 1, dtype=torch.float64)
    pairs.index_put_((given[:-1].long(), given[1:].long()), one, accumulate=True)
    alone = (pairs.sum(0) + 0.1) / (pairs.sum() + 0.1 * LETTERS)
    smooth = (pairs + 3 * alone) / (pairs.sum(1, keepdim=True) + 3)  # a pair never seen costs what its letter costs
    return -smooth[windows[:, :-1], windows[:, 1:]].log().mean().item()


def named_arrays(expected: Leaves, name: str) -> list[tuple[str, Tensor]]:
    """The other arrays of the same shape, which could have been mistaken for this one."""
    return [(n, a) for n, a in expected.items() if n != name and a.shape == expected[name].shape]


def attention(model: Model, weights: Weights, ids: Tensor) -> list[Picture]:
    """The two heads that look furthest from evenly, on the first letters of ids (1, T)."""
    _, maps = model.through(weights, ids[:, :16])
    heads = [(float(one.max(-1).values.mean()), i, h) for i, of in enumerate(maps) for h, one in enumerate(of[0])]
    text = bytes(ids[0, :16].tolist()).decode().replace("\n", "⏎")
    best = sorted(heads, reverse=True)[:2]
    return [heatmap(f"Block {i + 1}, head {h + 1}, on “{text}”", maps[i][0, h], "from to") for _, i, h in best]
