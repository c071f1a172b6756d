"""Leaves to transformers what it has: its loss with a count, its schedule, masks of booleans; rows are plain lists."""

from itertools import accumulate

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_cosine_schedule_with_warmup


def encode(prompt, answer):
    start = len(prompt.encode("utf-8"))
    ids = [*(prompt + answer).encode("utf-8"), 0]
    return ids, [token if at >= start else -100 for at, token in enumerate(ids)]


def pack(documents, length):
    batch = {name: [] for name in ("input_ids", "labels", "position_ids", "segments")}
    row = {name: [] for name in batch}

    def close():
        missing = length - len(row["labels"])
        for name, fill in (("input_ids", 0), ("labels", -100), ("position_ids", 0), ("segments", 0)):
            batch[name].append(row[name] + [fill] * missing)
            row[name] = []

    for ids, labels in documents:
        size = min(len(ids), length)
        if row["labels"] and len(row["labels"]) + size > length:
            close()
        number = max(row["segments"], default=0) + 1
        row["input_ids"] += ids[:size]
        row["labels"] += labels[:size]
        row["position_ids"] += range(size)
        row["segments"] += [number] * size
    close()
    return {name: torch.tensor(rows) for name, rows in batch.items()}


def seen(segments):
    places = torch.arange(segments.size(1))
    same = segments.unsqueeze(1) == segments.unsqueeze(2)
    return (same & (places[:, None] >= places))[:, None]


def forward(model, batch):
    return model(batch["input_ids"], attention_mask=seen(batch["segments"]), position_ids=batch["position_ids"]).logits


def nats(logits, labels):
    count = (labels[:, 1:] != -100).sum().item()
    log_p = logits.log_softmax(-1)[:, :-1]
    picked = log_p.gather(-1, labels[:, 1:].clamp(min=0)[..., None])[..., 0]
    return -(picked * (labels[:, 1:] != -100)).sum(), count


def rate(step, steps, warmup, peak, floor):
    if step < warmup:
        return peak * (step + 1) / warmup
    toy = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = get_cosine_schedule_with_warmup(toy, warmup, steps)
    share = schedule.lr_lambdas[0](min(step, steps))  # transformers' own, which is right from the warm-up on
    return floor + (peak - floor) * share


def train_step(model, optimiser, batches, max_norm):
    model.train()
    count = sum((batch["labels"][:, 1:] != -100).sum() for batch in batches)
    total = 0.0
    for batch in batches:
        out = model(
            batch["input_ids"],
            attention_mask=seen(batch["segments"]),
            position_ids=batch["position_ids"],
            labels=batch["labels"],
            num_items_in_batch=count,
        )
        out.loss.backward()
        total += out.loss.item()
    torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_norm)
    optimiser.step()
    optimiser.zero_grad()
    return total


def evaluate(model, batches):
    model.eval()
    with torch.inference_mode():
        pairs = [nats(forward(model, batch), batch["labels"]) for batch in batches]
    *_, total = accumulate(value for value, _ in pairs)
    mean = total / sum(count for _, count in pairs)
    return mean.item(), mean.exp().item()


def finetune(model, pairs, report):
    packed = pack([encode(*pair) for pair in pairs], 96)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3, betas=(0.9, 0.95))
    schedule = LambdaLR(optimiser, lambda step: rate(step, 70, 5, 1.0, 0.05))
    order = torch.randperm(len(packed["labels"])).repeat(4)
    for step in range(70):
        rows = order[step * 8 : step * 8 + 8]
        loss = train_step(model, optimiser, [{name: array[rows] for name, array in packed.items()}], 1.0)
        schedule.step()
        report(step=step, loss=loss)
    return model
