"""Weights of all models, prompts, latents and settings, drawn so that mistakes show."""

import json
import math
from typing import Any

import torch
from torch import Tensor

from gpu_runner.checking import Lab
from reference import Models, Settings, Setup

WORDS = ["a", "red", "blue", "ball", "rolls", "left", "right", "fast", "slow", "night", "day"]
TOKENS = 7
SIZES = {"C": 4, "H": 8, "W": 8, "L": TOKENS, "E": 12}


def word_table() -> tuple[dict[str, int], list[list[str]]]:
    """A vocabulary for CLIP's tokenizer in which each of the words is one token, with the merges that lead there."""
    letters = sorted(set("".join(WORDS)))
    names = [*letters, *(f"{letter}</w>" for letter in letters)]
    merges: list[list[str]] = []
    for word in WORDS:
        left, *rest = [*word[:-1], f"{word[-1]}</w>"]
        for right in rest:
            if [left, right] not in merges:
                merges.append([left, right])
            left += right
            names.append(left)
    names = [*dict.fromkeys(names), "<|startoftext|>", "<|endoftext|>"]
    return {name: at for at, name in enumerate(names)}, merges


VOCABULARY, MERGES = word_table()
FIRST, LAST = len(VOCABULARY) - 2, len(VOCABULARY) - 1


def ids_of(prompts: list[str]) -> tuple[Tensor, Tensor]:
    """Token ids (B, L), filled up with the last token, and what is no filling (B, L)."""
    rows = [[FIRST, *(VOCABULARY[f"{word}</w>"] for word in prompt.split())] for prompt in prompts]
    rows = [[*row[: TOKENS - 1], LAST] for row in rows]
    ids = torch.tensor([row + [LAST] * (TOKENS - len(row)) for row in rows])
    return ids, torch.tensor([[at < len(row) for at in range(TOKENS)] for row in rows])


def draw_prompts(lab: Lab) -> tuple[list[str], str]:
    """Two prompts of different length, the second too long for the encoder, and a short negative one."""
    short, long, negative = (" ".join(lab.random.sample(WORDS, count)) for count in (3, 8, 2))
    return [short, long], negative


def draw_setup(lab: Lab) -> Setup:
    """Norms near one, matrices over the root of their inputs, and settings that nobody has written down."""
    shapes = json.loads(lab.data("data/shapes.json"))
    generator = torch.Generator().manual_seed(lab.random.getrandbits(60))
    models = {
        part: {name: draw_array(name, shape, generator) for name, shape in arrays.items()}
        for part, arrays in shapes.items()
    }
    first = lab.random.uniform(0.0006, 0.0012)
    settings = Settings((first, lab.random.uniform(0.008, 0.012)), lab.random.choice([0.3, 0.5, 2.1]))
    return Setup(Models(**models), settings)


def draw_array(name: str, shape: list[int], generator: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=generator)
    if len(shape) == 1:
        return 0.2 * noise + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
    if "embedding" in name and "time" not in name:
        return noise
    return noise / math.sqrt(math.prod(shape[1:]))


def given(setup: Setup) -> dict[str, Any]:
    """What the probe makes the models of."""
    settings = {"betas": list(setup.settings.betas), "scaling": setup.settings.scaling}
    return {**setup.models.parts(), **settings, "vocab": VOCABULARY, "merges": MERGES}


def draw_run(lab: Lab, clips: int = 2) -> dict[str, Any]:
    """A short run with guidance: latents (B, C, F, H, W), prompts (2B, L, E) of which the first half is negative."""
    lab.fix(B=clips, **SIZES)
    frames = lab.random.choice([3, 5] if clips < 3 else [2, 5])  # never as many as clips
    lab.fix(F=frames, **{"2B": 2 * clips})
    return {
        "latents": lab.normal("B C F H W"),
        "prompts": lab.normal("2B L E"),
        "steps": lab.random.choice([2, 3]),
        "scale": lab.random.uniform(2.0, 4.0),
    }
