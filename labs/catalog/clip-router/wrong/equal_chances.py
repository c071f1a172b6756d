# fails: embed, router, decide, macro-f1, folds, leak, threshold, script, held-out
# baseline: the same answer for everything
"""Trivial baseline: the same answer for everything, in the right shapes."""

import torch


def embed(model, tokenizer, texts):
    del tokenizer
    return torch.eye(1, model.config.projection_dim).repeat(len(texts), 1)


class Router:
    def __init__(self, classes):
        self.classes = classes

    def fit(self, x, y):
        pass

    def probabilities(self, x):
        return torch.full((len(x), self.classes), 1 / self.classes)


def decide(p, threshold):
    del threshold
    return torch.zeros(len(p), dtype=torch.long), torch.zeros(len(p))


def macro_f1(truth, predicted, classes):
    del truth, predicted
    return 1 / classes


def folds(groups, k):
    del k
    return 0 * groups


def out_of_fold(x, y, groups, k, classes):
    del y, groups, k
    return Router(classes).probabilities(x)


def choose_threshold(p, truth, target):
    del p, truth
    return target


def main(arguments, pipeline, names, threshold):
    del arguments, pipeline, names, threshold
    return 0
