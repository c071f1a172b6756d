# fails: threshold
# says: by more than
"""The share of right answers is taken of all rows, the refused too."""

import json
import sys
from collections.abc import Callable

import torch
from torch import Tensor
from transformers import CLIPTextModelWithProjection, PreTrainedTokenizerFast

SHARPNESS = 10.0
"""Cosines lie between -1 and 1; times ten they make probabilities that can be sure."""


def embed(model: CLIPTextModelWithProjection, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> Tensor:
    """Unit vectors of prompts: N texts -> (N, P)."""
    batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        vectors = model(input_ids=batch["input_ids"]).text_embeds  # read at the end token, and projected
    return vectors / vectors.norm(dim=-1, keepdim=True)


class Router:
    """The nearest class by the cosine to its mean direction."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def fit(self, x: Tensor, y: Tensor) -> None:
        sums = torch.zeros(self.classes, x.size(1)).index_add(0, y, x)  # of the vectors of each class, (C, D)
        self.directions = torch.nn.functional.normalize(sums)

    def probabilities(self, x: Tensor) -> Tensor:
        return (SHARPNESS * x @ self.directions.T).softmax(dim=-1)  # (N, C)


def decide(p: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """The class of each row, or -1, and how sure that is: (N, C) -> (N,) int64, (N,)."""
    confidence, choice = p.max(dim=-1)
    return choice.where(confidence >= threshold, torch.tensor(-1)), confidence


def macro_f1(truth: Tensor, predicted: Tensor, classes: int) -> float:
    """The mean of the classes' F1; a refusal (-1) is a miss for its class and a false alarm for none."""
    scores = []
    for c in range(classes):
        hits = ((truth == c) & (predicted == c)).sum().item()
        named = (truth == c).sum().item() + (predicted == c).sum().item()  # 2 · hits + misses + false alarms
        scores.append(2 * hits / named if named else 0.0)
    return sum(scores) / classes


def folds(groups: Tensor, k: int) -> Tensor:
    """A fold from 0 to k - 1 for each row; groups are dealt out in the order in which they first appear."""
    seen: dict[int, int] = {}
    for group in groups.tolist():
        seen.setdefault(group, len(seen))
    return torch.tensor([seen[group] % k for group in groups.tolist()])


def out_of_fold(x: Tensor, y: Tensor, groups: Tensor, k: int, classes: int) -> Tensor:
    """For each row the probabilities of a router that saw no row of its fold: (N, C)."""
    fold = folds(groups, k)
    p = torch.zeros(len(x), classes)
    for f in range(k):
        router = Router(classes)
        router.fit(x[fold != f], y[fold != f])
        p[fold == f] = router.probabilities(x[fold == f])
    return p


def choose_threshold(p: Tensor, truth: Tensor, target: float) -> float:
    """The smallest confidence such that of all rows at least as sure, a share of `target` is right; else 2."""
    confidence, choice = p.max(dim=-1)
    for threshold in confidence.sort().values:
        answered = confidence >= threshold
        if ((choice == truth) & answered).float().mean() >= target:
            return threshold.item()
    return 2.0


def main(arguments: list[str], pipeline: Callable[[list[str]], Tensor], names: list[str], threshold: float) -> int:
    """Print one JSON line per prompt; 0 if all were routed, 1 if any was refused, 2 if there was none."""
    if not arguments:
        sys.stderr.write("usage: router.py PROMPT...\n")
        return 2
    choices, confidences = decide(pipeline(arguments), threshold)
    for prompt, choice, confidence in zip(arguments, choices.tolist(), confidences.tolist(), strict=True):
        module = names[choice] if choice >= 0 else None
        sys.stdout.write(json.dumps({"prompt": prompt, "module": module, "confidence": round(confidence, 4)}) + "\n")
    return 0 if choices.min() >= 0 else 1
