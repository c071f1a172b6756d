"""A small Llama, its adapters and the requests for them, drawn so that mistakes show; real dialects for the whole."""

import codecs
import re
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab
from reference import LINEAR, PREFIX, Weights, adapted, llama

HEADS = (4, 2)
DIALECTS = {
    "upper": str.upper,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "snake": lambda text: re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_"),
}
RANK, ALPHA = 8, 16.0


@dataclass(frozen=True)
class Case:
    """A base and adapters number 1, 2, …, with their rank and alpha."""

    config: dict[str, int]
    weights: Weights
    store: list[Weights]
    rank: int
    alpha: float

    def made(self) -> dict[str, Any]:
        return {
            "config": self.config,
            "weights": self.weights,
            "store": self.store,
            "rank": self.rank,
            "alpha": self.alpha,
        }

    def exact(self) -> "Case":
        """The same in float64."""
        weights, *store = ({k: array.double() for k, array in part.items()} for part in (self.weights, *self.store))
        return Case(self.config, weights, store, self.rank, self.alpha)

    def logits(self, ids: Tensor, numbers: list[int], scale: float | None = None) -> Tensor:
        """With these adapters added, ids (B, T) -> (B, T, V)."""
        scale = self.alpha / self.rank if scale is None else scale
        return llama(adapted(self.weights, [self.store[i - 1] for i in numbers], scale), ids, *HEADS)

    def size(self) -> int:
        """Bytes of one adapter in float32."""
        return sum(4 * array.numel() for array in self.store[0].values())


def sizes(width: int, inner: int, vocabulary: int) -> dict[str, int]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": 2,
        "num_attention_heads": HEADS[0],
        "num_key_value_heads": HEADS[1],
        "max_position_embeddings": 256,
    }


def draw_case(lab: Lab) -> Case:
    """No axis but the rank's has the rank's size: that is how the harness knows adapters."""
    rank = lab.random.choice([3, 5])
    lab.fix(D=24, W=12, R=rank)
    lab.dims("F V", F=(31, 39), V=(41, 49))
    alpha = rank * lab.random.choice([0.6, 1.4, 1.8])
    store = [draw_adapter(lab) for _ in range(3)]
    return Case(sizes(24, lab.size("F"), lab.size("V")), draw_weights(lab), store, rank, alpha)


def shapes() -> dict[str, str]:
    """The axes of every linear map, by its place in the state dict."""
    axes = {"q_proj": "D D", "k_proj": "W D", "v_proj": "W D", "o_proj": "D D"}
    axes |= {"gate_proj": "F D", "up_proj": "F D", "down_proj": "D F"}
    places = ((part, name) for part, names in LINEAR.items() for name in names)
    return {f"model.layers.{i}.{part}.{name}": axes[name] for part, name in places for i in range(2)}


def draw_weights(lab: Lab) -> Weights:
    weights = {
        f"{at}.weight": lab.normal(axes, scale=1.3 * lab.size(axes[-1]) ** -0.5) for at, axes in shapes().items()
    }
    for i in range(2):
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{i}.{name}.weight"] = 1 + lab.normal("D", scale=0.3)
    weights["model.embed_tokens.weight"] = lab.normal("V D")
    weights["model.norm.weight"] = 1 + lab.normal("D", scale=0.3)
    weights["lm_head.weight"] = lab.normal("V D", scale=24**-0.5)
    return weights


def draw_adapter(lab: Lab) -> Weights:
    """Named as peft names them in a file: lora_A (R, in), lora_B (out, R)."""
    state = {}
    for at, axes in shapes().items():
        rows, columns = axes.split()
        state[f"{PREFIX}{at}.lora_A.weight"] = lab.normal(f"R {columns}", scale=lab.size(columns) ** -0.5)
        state[f"{PREFIX}{at}.lora_B.weight"] = lab.normal(f"{rows} R", scale=0.4)
    return state


def draw_batches(lab: Lab) -> list[list[int]]:
    """What two batches of requests want. The second begins with what the first leaves resident, after another one."""
    numbers = [1, 2, 3]
    lab.random.shuffle(numbers)
    first, second, third = numbers
    return [[first, 0, second, first, 0, second], [third, 0, second, first, third, second]]


def draw_prompts(lab: Lab, batches: list[list[int]]) -> list[list[Tensor]]:
    """Token ids (T,), all of different lengths."""
    count = sum(len(wanted) for wanted in batches)
    lengths = iter(lab.random.sample(range(6, 6 + count), count))
    return [[lab.integers(str(next(lengths)), low=0, high=lab.size("V")) for _ in wanted] for wanted in batches]


@dataclass(frozen=True)
class World:
    """The shipped base, its adapters in a drawn order, and sentences; dialect 0 is plain English."""

    names: list[str]
    case: Case
    lines: list[str]

    def spelled(self, dialect: int, line: str) -> str:
        return DIALECTS[self.names[dialect]](line) if dialect else line


def draw_world(lab: Lab) -> World:
    names = list(DIALECTS)
    lab.random.shuffle(names)
    lines = lab.data("data/sentences.txt").decode().splitlines()
    lab.random.shuffle(lines)
    store = [load(lab.data(f"data/{name}.safetensors")) for name in names]
    weights = load(lab.data("data/base.safetensors"))
    return World(["plain", *names], Case(sizes(64, 128, 256), weights, store, RANK, ALPHA), lines)


def labelled(world: World, start: int, count: int, length: int) -> tuple[list[str], Tensor]:
    """The beginnings of `count` sentences for each dialect in turn, and their classes."""
    y = torch.arange(len(world.names)).repeat(count)  # (N,)
    texts = [world.spelled(dialect, world.lines[start + at])[:length] for at, dialect in enumerate(y.tolist())]
    return texts, y
