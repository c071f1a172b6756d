"""Lets transformers do what it can: its schedule, its loss, its loading by prefix; F1 from precision and recall."""

import math
import random

import torch
from transformers import BertForSequenceClassification, get_linear_schedule_with_warmup


def encode(tokenizer, texts, length):
    rows = [tokenizer.encode(text, truncation=True, max_length=length) for text in texts]
    return dict(tokenizer.pad({"input_ids": rows}, return_tensors="pt"))


def split(documents, share, generator):
    order = sorted(set(documents.tolist()))
    seed = torch.randint(2**40, (), generator=generator).item()
    dice = random.Random(seed)  # noqa: S311 - it draws a split
    held = set(dice.sample(order, round(share * len(order))))
    return torch.tensor([document in held for document in documents.tolist()])


def build(config, state):
    model = BertForSequenceClassification(config)
    model.bert.load_state_dict({k.removeprefix("bert."): v for k, v in state.items() if k.startswith("bert.")})
    return model


def groups(model, decay):
    spared = ("bias", "LayerNorm.weight")
    named = list(model.named_parameters())
    decaying = [p for name, p in named if not name.endswith(spared)]
    return [
        {"params": [p for name, p in named if name.endswith(spared)], "weight_decay": 0},
        {"params": decaying, "weight_decay": decay},
    ]


def rate(step, steps, warmup, peak):
    toy = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    return peak * get_linear_schedule_with_warmup(toy, warmup, steps).lr_lambdas[0](step)


def train_step(model, optimiser, batches, max_norm):
    model.train()
    sizes = [len(batch["labels"]) for batch in batches]
    total = 0.0
    for size, batch in zip(sizes, batches, strict=True):
        loss = model(**batch).loss * (size / sum(sizes))
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return total


def predict(model, batch):
    model.eval()
    with torch.inference_mode():
        return model(batch["input_ids"], batch["attention_mask"]).logits.clone()


def confusion(truth, predicted, classes):
    table = torch.zeros(classes, classes, dtype=torch.int64)
    table.index_put_((truth, predicted), torch.ones_like(truth), accumulate=True)
    return table


def macro_f1(table):
    rows = table.tolist()
    found = []
    for c, row in enumerate(rows):
        right, guessed, true = row[c], sum(other[c] for other in rows), sum(row)
        precision, recall = right / guessed if guessed else 0.0, right / true if true else 0.0
        found.append(2 * precision * recall / (precision + recall) if right else 0.0)
    return math.fsum(found) / len(found)


def finetune(config, state, tokenizer, texts, labels, report):
    model = build(config, state)
    optimiser = torch.optim.AdamW(groups(model, 0.1), lr=1.5e-3, betas=(0.9, 0.98))
    schedule = get_linear_schedule_with_warmup(optimiser, 5, 70)
    order = torch.randperm(len(texts)).repeat(3)
    for step in range(70):
        rows = order[step * 20 : step * 20 + 20]
        halves = [encode(tokenizer, [texts[i] for i in half.tolist()], 32) for half in rows.split(10)]
        batches = [half | {"labels": labels[at]} for half, at in zip(halves, rows.split(10), strict=True)]
        report(step=step, loss=train_step(model, optimiser, batches, 1.0))
        schedule.step()
    return model
