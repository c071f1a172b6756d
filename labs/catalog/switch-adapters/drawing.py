"""A small Llama and its adapters, drawn so that mistakes show; and alphabets that no code can know before."""

import string
from dataclasses import dataclass, replace
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab
from reference import HEADS, KV_HEADS, LINEAR, PREFIX, Weights, adapted, llama

RANK, ALPHA = 8, 16.0
WINDOW = 64


@dataclass(frozen=True)
class Case:
    """A base and named adapters, with the rank and alpha of all."""

    config: dict[str, int]
    weights: Weights
    names: list[str]
    states: dict[str, Weights]
    rank: int
    alpha: float

    def made(self) -> dict[str, Any]:
        return {
            "config": self.config,
            "weights": self.weights,
            "names": self.names,
            "states": self.states,
            "rank": self.rank,
            "alpha": self.alpha,
        }

    def exact(self) -> "Case":
        """The same in float64."""
        states = {name: doubled(state) for name, state in self.states.items()}
        return replace(self, weights=doubled(self.weights), states=states)

    def logits(self, ids: Tensor, parts: dict[str, float], scale: float | None = None) -> Tensor:
        """With these adapters at these weights, ids (B, T) -> (B, T, V)."""
        scale = self.alpha / self.rank if scale is None else scale
        states = [(scale * share, self.states[name]) for name, share in parts.items()]
        return llama(adapted(self.weights, states), ids)

    def numbers(self) -> int:
        """In one adapter."""
        return sum(self.rank * sum(array.shape) for name, array in self.weights.items() if is_linear(name))


def is_linear(name: str) -> bool:
    return any(name.endswith(f".{part}.weight") for parts in LINEAR.values() for part in parts)


def doubled(state: Weights) -> Weights:
    return {name: array.double() for name, array in state.items()}


def sizes(width: int, inner: int, vocabulary: int) -> dict[str, int]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": 2,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": 256,
    }


def draw_case(lab: Lab) -> Case:
    rank = lab.random.choice([3, 5])
    lab.fix(D=24, W=12, R=rank)
    lab.dims("F V", F=(31, 39), V=(41, 49))
    alpha = rank * lab.random.choice([0.6, 1.4, 1.8])
    names = lab.random.sample(["legal", "medical", "poems", "mail", "news"], 3)
    states = {name: draw_adapter(lab) for name in names}
    return Case(sizes(24, lab.size("F"), lab.size("V")), draw_weights(lab), names, states, rank, alpha)


def shapes() -> dict[str, str]:
    """The axes of every linear map, by its place in the state dict."""
    axes = {"q_proj": "D D", "k_proj": "W D", "v_proj": "W D", "o_proj": "D D"}
    axes |= {"gate_proj": "F D", "up_proj": "F D", "down_proj": "D F"}
    parts = [(part, name) for part, names in LINEAR.items() for name in names]
    return {f"model.layers.{i}.{part}.{name}": axes[name] for i in range(2) for part, name in parts}


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


def file_shapes(case: Case) -> dict[str, list[int]]:
    """What one adapter's file holds: names and shapes."""
    found = {}
    for name, array in case.weights.items():
        if is_linear(name):
            at, (outs, ins) = PREFIX + name.removesuffix(".weight"), array.shape
            found[f"{at}.lora_A.weight"], found[f"{at}.lora_B.weight"] = [case.rank, ins], [outs, case.rank]
    return found


def draw_alphabet(lab: Lab, capitals: bool) -> dict[int, int]:
    """Every letter stands for another one, and all are capitals or none is."""
    letters = list(string.ascii_uppercase if capitals else string.ascii_lowercase)
    lab.random.shuffle(letters)
    return str.maketrans(string.ascii_letters, 2 * "".join(letters))


def rows_of(lines: list[str], alphabet: dict[int, int]) -> Tensor:
    """Lines joined, spelled anew, and cut into rows of bytes (N, WINDOW)."""
    text = torch.tensor(list("\n".join(lines).translate(alphabet).encode()))
    return text[: len(text) // WINDOW * WINDOW].view(-1, WINDOW)


def shipped(lab: Lab) -> tuple[Case, list[str]]:
    """The trained base with room for three adapters, the last of them given; and sentences in a drawn order."""
    lines = lab.data("data/sentences.txt").decode().splitlines()
    lab.random.shuffle(lines)
    names = lab.random.sample(["red", "green", "blue"], 3)
    case = Case(sizes(64, 128, 256), load(lab.data("data/base.safetensors")), names, {}, RANK, ALPHA)
    state = {name: lab.normal(" ".join(map(str, shape)), scale=0.05) for name, shape in file_shapes(case).items()}
    return replace(case, states={names[2]: state}), lines
