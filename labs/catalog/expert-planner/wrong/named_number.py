# fails: planning, whole
# baseline: the last number that the prompt names
"""The last number word of a prompt is taken for the digit."""

from collections.abc import Callable

import torch
from torch import Tensor

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


class Planner:
    def fit(self, prompts: list[str], digits: list[int]) -> None:
        """Nothing to learn."""

    def plan(self, prompt: str) -> tuple[str, int]:
        digit = next((WORDS.index(word) for word in reversed(prompt.split()) if word in WORDS), 0)
        return ("low" if digit < 5 else "high"), digit


def draw(plan: Callable[[str], tuple[str, int]], store: object, prompts: list[str], noise: Tensor) -> Tensor:
    """A picture for each prompt, in their order, with one expert in memory at a time: noise (N, 64) -> (N, 64)."""
    plans = [plan(prompt) for prompt in prompts]
    pictures = torch.empty_like(noise)
    for name in dict.fromkeys(expert for expert, _ in plans):  # each expert that is needed, once
        rows = [i for i, (expert, _) in enumerate(plans) if expert == name]
        labels = torch.tensor([plans[i][1] for i in rows])
        expert = store.load(name)
        pictures[rows] = expert(noise[rows], labels)
        del expert  # else the name keeps it alive while the next one is loaded
    return pictures
