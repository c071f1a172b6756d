# ruff: noqa: T201 - a script prints
"""A ridge regression on one-hot targets; the end token is found by hand, tokens one text at a time."""

import json
import sys

import torch


def embed(model, tokenizer, texts):
    vectors = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=24)["input_ids"]
        with torch.no_grad():
            states = model.text_model(input_ids=torch.tensor([ids])).last_hidden_state
        vectors.append(model.text_projection(states[0, -1]))  # nothing was padded, so the end token is last
    vectors = torch.stack(vectors).detach()
    return vectors / vectors.square().sum(1, keepdim=True).sqrt()


class Router:
    def __init__(self, classes):
        self.classes = classes

    def fit(self, x, y):
        ones = torch.cat([x, torch.ones(len(x), 1)], 1)
        targets = torch.nn.functional.one_hot(y, self.classes).float()
        self.w = torch.linalg.solve(ones.T @ ones + 0.1 * torch.eye(ones.shape[1]), ones.T @ targets)

    def probabilities(self, x):
        return torch.softmax(8 * torch.cat([x, torch.ones(len(x), 1)], 1) @ self.w, 1)


def decide(p, threshold):
    choice = p.argmax(1)
    confidence = p[torch.arange(len(p)), choice]
    choice[confidence < threshold] = -1
    return choice, confidence


def macro_f1(truth, predicted, classes):
    total = 0.0
    for c in range(classes):
        hits = float(((truth == c) * (predicted == c)).sum())
        precision = hits / max(1, int((predicted == c).sum()))
        recall = hits / max(1, int((truth == c).sum()))
        total += 2 * precision * recall / (precision + recall) if hits else 0
    return total / classes


def folds(groups, k):
    order = list(dict.fromkeys(groups.tolist()))
    return torch.tensor([order.index(group) for group in groups.tolist()]) % k


def out_of_fold(x, y, groups, k, classes):
    fold, rows = folds(groups, k), []
    for at in range(len(x)):
        router = Router(classes)
        router.fit(x[fold != fold[at]], y[fold != fold[at]])
        rows.append(router.probabilities(x[at : at + 1]))
    return torch.cat(rows)


def choose_threshold(p, truth, target):
    confidence, choice = p.max(1)
    order = confidence.argsort(descending=True)
    shares = (choice == truth)[order].double().cumsum(0) / torch.arange(1, len(p) + 1)
    good = [float(confidence[order[at]]) for at in range(len(p)) if shares[at] >= target]
    return min(good, default=2.0)


def main(arguments, pipeline, names, threshold):
    if arguments == []:
        sys.stderr.write("give me a prompt\n")
        return 2
    code = 0
    for prompt in arguments:
        choice, confidence = decide(pipeline([prompt]), threshold)
        module = None if choice.item() < 0 else names[choice.item()]
        code = code or int(module is None)
        print(json.dumps({"confidence": confidence.item(), "module": module, "prompt": prompt}, ensure_ascii=False))
    return code
