"""How the checks call your functions: merges become tuples, and what you return becomes a tensor of integers."""

from types import ModuleType

import torch
from torch import Tensor

Merges = list[list[int]]


def train(learner: ModuleType, text: str, merges: int) -> Tensor:
    """Merges as (K, 2)."""
    learnt = [tuple(int(token) for token in pair) for pair in learner.train(text, merges)]
    return torch.tensor(learnt, dtype=torch.int64).reshape(-1, 2)


def encode(learner: ModuleType, text: str, merges: Merges) -> Tensor:
    """Tokens as (N,)."""
    return torch.tensor(list(learner.encode(text, pairs(merges))), dtype=torch.int64)


def decode(learner: ModuleType, ids: list[int], merges: Merges) -> Tensor:
    """The text's code points as (C,)."""
    return points(learner.decode(ids, pairs(merges)))


def there_and_back(learner: ModuleType, text: str, merges: Merges) -> Tensor:
    """The code points of decode(encode(text))."""
    return points(learner.decode(list(learner.encode(text, pairs(merges))), pairs(merges)))


def pairs(merges: Merges) -> list[tuple[int, int]]:
    return [(left, right) for left, right in merges]


def points(text: str) -> Tensor:
    return torch.tensor([ord(character) for character in text], dtype=torch.int64)
