"""An embedding bag over hashed pairs of words, trained by SGD; a name is bound to None before the next load."""

import zlib
from itertools import pairwise

import torch
from torch import nn


def ids(prompt):
    words = ["<", *prompt.split(), ">"]
    return torch.tensor([zlib.crc32(f"{a} {b}".encode()) % 4096 for a, b in pairwise(words)])


class Planner:
    def __init__(self):
        self.table = nn.Embedding(4096, 10)
        nn.init.zeros_(self.table.weight)

    def fit(self, prompts, digits):
        lines, y = [ids(prompt) for prompt in prompts], torch.as_tensor(digits)
        offsets = torch.tensor([0, *[len(line) for line in lines][:-1]]).cumsum(0)
        optimiser = torch.optim.SGD(self.table.parameters(), lr=20.0)
        for _ in range(150):
            scores = nn.functional.embedding_bag(torch.cat(lines), self.table.weight, offsets, mode="sum")
            optimiser.zero_grad()
            nn.functional.cross_entropy(scores, y).backward()
            optimiser.step()

    @torch.no_grad()
    def plan(self, prompt):
        digit = self.table(ids(prompt)).sum(0).argmax().item()
        return "low" if digit in range(5) else "high", digit


def draw(plan, store, prompts, noise):
    names, digits = zip(*[plan(prompt) for prompt in prompts], strict=True)
    wants, pictures, expert = torch.tensor(digits), torch.zeros_like(noise), None
    for name in sorted(set(names)):
        rows = torch.tensor([name == other for other in names])
        expert = None
        expert = store.load(name)
        pictures[rows] = expert(noise[rows], wants[rows])
    return pictures
