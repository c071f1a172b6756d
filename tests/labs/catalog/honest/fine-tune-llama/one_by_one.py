"""Never runs a packed row: each document goes through the model alone. Adam without decay at a constant rate's end."""

import math

import torch
from torch.nn.functional import cross_entropy


def encode(prompt, answer):
    p, a = bytearray(prompt, "utf-8"), bytearray(answer, "utf-8")
    return [*p, *a, 0], [-100 for _ in p] + [*a, 0]


def pack(documents, length):
    rows, current = [], []
    for document in documents:
        size = min(len(document[0]), length)
        if current and sum(s for s, _ in current) + size > length:
            rows.append(current)
            current = []
        current.append((size, document))
    rows.append(current)
    shape = (len(rows), length)
    ids, labels = torch.zeros(shape, dtype=torch.long), torch.full(shape, -100)
    positions, segments = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    for r, row in enumerate(rows):
        start = 0
        for number, (size, (tokens, asked)) in enumerate(row):
            place = slice(start, start + size)
            ids[r, place], labels[r, place] = torch.tensor(tokens[:size]), torch.tensor(asked[:size])
            positions[r, place], segments[r, place] = torch.arange(size), number + 1
            start += size
    return {"input_ids": ids, "labels": labels, "position_ids": positions, "segments": segments}


def forward(model, batch):
    rows = []
    for ids, segments in zip(batch["input_ids"], batch["segments"], strict=True):
        parts = [model(ids[segments == s][None]).logits[0] for s in segments.unique_consecutive()]
        rows.append(torch.cat(parts))
    return torch.stack(rows)


def nats(logits, labels):
    flat = cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], reduction="none")
    return flat.sum(), int(labels[:, 1:].ne(-100).sum())


def rate(step, steps, warmup, peak, floor):
    rise = (step + 1) / warmup
    if rise <= 1:
        return peak * rise
    turn = math.pi * min(steps - warmup, step - warmup) / (steps - warmup)
    return (peak + floor) / 2 + (peak - floor) / 2 * math.cos(turn)


def train_step(model, optimiser, batches, max_norm):
    model.train()
    for p in model.parameters():
        p.grad = None
    pieces = [nats(forward(model, batch), batch["labels"]) for batch in batches]
    loss = sum(total for total, _ in pieces) / sum(count for _, count in pieces)
    loss.backward()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in model.parameters()))
    if norm > max_norm:
        for p in model.parameters():
            p.grad.mul_(max_norm / norm)
    optimiser.step()
    return float(loss.detach())


def evaluate(model, batches):
    model.eval()
    total, count = 0.0, 0
    for batch in batches:
        with torch.no_grad():
            value, some = nats(forward(model, batch), batch["labels"])
        total, count = total + float(value), count + some
    return total / count, math.e ** (total / count)


def finetune(model, pairs, report):
    documents = sorted((encode(*pair) for pair in pairs), key=lambda document: len(document[0]))
    groups = [documents[start : start + 10] for start in range(0, len(documents), 10)]
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    for step in range(100):
        chosen = groups[int(torch.randint(len(groups), ()))]
        if step == 70:
            optimiser.param_groups[0]["lr"] = 1e-3
        width = max(len(ids) for ids, _ in chosen)
        ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in chosen])
        labels = torch.tensor([labels + [-100] * (width - len(labels)) for _, labels in chosen])
        total, count = nats(model(ids).logits, labels)
        optimiser.zero_grad()
        (total / count).backward()
        optimiser.step()
        report(step=step, loss=float(total) / count)
    return model
