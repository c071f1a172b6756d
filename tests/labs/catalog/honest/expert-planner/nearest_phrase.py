"""Counts which pairs of words go with which digit; experts live inside a function that draws for one of them."""

from collections import Counter, defaultdict
from itertools import pairwise

import torch


class Planner:
    def fit(self, prompts, digits):
        self.votes = defaultdict(Counter)
        for prompt, digit in zip(prompts, digits, strict=True):
            for part in self.parts(prompt):
                self.votes[part][int(digit)] += 1

    def parts(self, prompt):
        words = prompt.split()
        return list(pairwise(words))

    def plan(self, prompt):
        scores = Counter()
        for part in self.parts(prompt):
            seen = self.votes.get(part, {})
            for digit, count in seen.items():
                scores[digit] += (count / sum(seen.values())) ** 2
        digit = scores.most_common(1)[0][0] if scores else 0
        return ("low", "high")[digit >= 5], digit


def by(store, name, noise, digits):
    return store.load(name)(noise, torch.tensor(digits))


def draw(plan, store, prompts, noise):
    asked = sorted((*plan(prompt), i) for i, prompt in enumerate(prompts))
    found = {}
    for name in ("high", "low"):
        mine = [(digit, i) for expert, digit, i in asked if expert == name]
        if mine:
            drawn = by(store, name, torch.stack([noise[i] for _, i in mine]), [digit for digit, _ in mine])
            found |= {i: x for (_, i), x in zip(mine, drawn, strict=True)}
    return torch.stack([found[i] for i in range(len(prompts))])
