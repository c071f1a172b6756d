# fails: alive, memory
# says: Experts alive at once: 2
"""The name keeps the first expert alive while the second is loaded."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


class Planner:
    """A linear classifier of prompts by their words and pairs of neighbouring words."""

    def fit(self, prompts: list[str], digits: list[int]) -> None:
        """Learn which digit each prompt asks for."""
        self.known = {part: i for i, part in enumerate(sorted({part for prompt in prompts for part in parts(prompt)}))}
        x, y = torch.stack([self.counts(prompt) for prompt in prompts]), torch.tensor(digits)
        self.weights = torch.zeros(10, len(self.known), requires_grad=True)
        optimiser = torch.optim.Adam([self.weights], lr=0.1)
        for _ in range(100):
            loss = cross_entropy(x @ self.weights.T, y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def counts(self, prompt: str) -> Tensor:
        """How often each known part occurs, (K,); parts never seen before say nothing."""
        x = torch.zeros(len(self.known))
        for part in parts(prompt):
            if part in self.known:
                x[self.known[part]] += 1
        return x

    def plan(self, prompt: str) -> tuple[str, int]:
        """Which expert to load, and which digit to ask it for."""
        digit = int((self.weights @ self.counts(prompt)).argmax())
        return ("low" if digit < 5 else "high"), digit


def parts(prompt: str) -> list[str]:
    """Words alone and in pairs: "after six" says what neither "after" nor "six" does."""
    words = prompt.split()
    return words + [" ".join(pair) for pair in pairwise(words)]


def draw(plan: Callable[[str], tuple[str, int]], store: object, prompts: list[str], noise: Tensor) -> Tensor:
    """A picture for each prompt, in their order, with one expert in memory at a time: noise (N, 64) -> (N, 64)."""
    plans = [plan(prompt) for prompt in prompts]
    pictures = torch.empty_like(noise)
    for name in dict.fromkeys(expert for expert, _ in plans):  # each expert that is needed, once
        rows = [i for i, (expert, _) in enumerate(plans) if expert == name]
        labels = torch.tensor([plans[i][1] for i in rows])
        expert = store.load(name)
        pictures[rows] = expert(noise[rows], labels)
    return pictures
