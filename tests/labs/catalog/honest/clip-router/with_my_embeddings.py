# ruff: noqa: T201 - a script prints
"""Embeds with one's own part of the lab before, and learns a logistic regression by gradient descent."""

import json
import sys

import torch
from mine.embed import embed as vectors_of
from torch import nn


def embed(model, tokenizer, texts):
    return vectors_of(model, tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids)


class Router:
    def __init__(self, classes):
        self.classes = classes

    def fit(self, x, y):
        w = torch.zeros(x.shape[1], self.classes, requires_grad=True)
        for _ in range(80):
            (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(10 * x @ w, y), w)
            w = (w - 0.3 * gradient).detach().requires_grad_()
        self.w = w.detach()

    def probabilities(self, x):
        return (10 * x @ self.w).softmax(1)


def decide(p, threshold):
    found = [(int(row.argmax()) if float(row.max()) >= threshold else -1, row.max()) for row in p]
    return torch.tensor([choice for choice, _ in found]), torch.stack([sure for _, sure in found])


def macro_f1(truth, predicted, classes):
    counts = torch.zeros(classes, classes + 1)
    for true, said in zip(truth.tolist(), predicted.tolist(), strict=True):
        counts[true, said] += 1  # -1 is the last column
    hits = counts.diagonal()
    return float((2 * hits / (counts.sum(1) + counts[:, :classes].sum(0)).clamp(min=1)).mean())


def folds(groups, k):
    fold, following = {}, 0
    for group in groups.tolist():
        if group not in fold:
            fold[group] = following
            following = (following + 1) % k
    return torch.tensor([fold[group] for group in groups.tolist()])


def out_of_fold(x, y, groups, k, classes):
    fold, answers = folds(groups, k), x.new_empty(len(x), classes)
    for held in fold.unique():
        router = Router(classes)
        router.fit(x[fold.ne(held)], y[fold.ne(held)])
        answers[fold.eq(held)] = router.probabilities(x[fold.eq(held)])
    return answers


def choose_threshold(p, truth, target):
    sure = p.max(1).values
    good = [t for t in sure.tolist() if (p.argmax(1) == truth)[sure >= t].float().mean() >= target]
    return min(good) if good else 2.0


def main(arguments, pipeline, names, threshold):
    if not arguments:
        print("nothing to route", file=sys.stderr)
        return 2
    choice, sure = decide(pipeline(arguments), threshold)
    modules = [names[c] if c >= 0 else None for c in choice.tolist()]
    for prompt, module, confidence in zip(arguments, modules, sure.tolist(), strict=True):
        print(json.dumps({"prompt": prompt, "module": module, "confidence": round(confidence, 4)}))
    return int(None in modules)
