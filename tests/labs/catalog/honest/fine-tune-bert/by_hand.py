"""Pads, splits, counts and clips by hand; a constant rate, momentum of its own, and the head learns faster."""

import torch
from torch.nn.functional import nll_loss
from transformers import BertForSequenceClassification


def encode(tokenizer, texts, length):
    rows = []
    for text in texts:
        pieces = tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text))[: length - 2]
        rows.append([tokenizer.cls_token_id, *pieces, tokenizer.sep_token_id])
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), tokenizer.pad_token_id)
    mask = torch.zeros_like(ids)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
        mask[at, : len(row)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def split(documents, share, generator):
    names, place = torch.unique(documents, return_inverse=True)
    score = torch.rand(len(names), generator=generator)
    held = torch.zeros(len(names), dtype=torch.bool)
    held[score.argsort()[: round(share * len(names))]] = True
    return held[place]


def build(config, state):
    model = BertForSequenceClassification(config)
    own = model.state_dict()
    with torch.no_grad():
        for name, array in state.items():
            if name in own:
                own[name].copy_(array)
    return model


def groups(model, decay):
    spared, decaying = [], []
    for module in model.modules():
        for name, p in module.named_parameters(recurse=False):
            ends = name == "bias" or isinstance(module, torch.nn.LayerNorm)
            (spared if ends else decaying).append(p)
    return [{"params": decaying, "weight_decay": decay}, {"params": spared, "weight_decay": 0.0}]


def rate(step, steps, warmup, peak):
    up = step / max(1, warmup)
    down = (steps - step) / (steps - warmup)
    return peak * max(0.0, min(up, down))


def train_step(model, optimiser, batches, max_norm):
    model.train()
    for p in model.parameters():
        p.grad = None
    pieces = []
    for batch in batches:
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        pieces.append(nll_loss(logits.log_softmax(1), batch["labels"], reduction="none"))
    loss = torch.cat(pieces).mean()
    loss.backward()
    norm = sum(p.grad.pow(2).sum() for p in model.parameters()).sqrt()
    factor = min(1.0, max_norm / norm.item())
    for p in model.parameters():
        p.grad *= factor
    optimiser.step()
    return loss.item()


@torch.no_grad()
def predict(model, batch):
    was = model.training
    model.eval()
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    model.train(was)
    return logits


def confusion(truth, predicted, classes):
    eye = torch.eye(classes, dtype=torch.int64)
    return eye[truth].T @ eye[predicted]


def macro_f1(table):
    counts = table.double()
    both = counts.sum(0) + counts.sum(1)
    return float((2 * counts.diag() / both.masked_fill(both == 0, 1)).mean())


def finetune(config, state, tokenizer, texts, labels, report):
    model = build(config, state)
    body = [p for name, p in model.named_parameters() if not name.startswith("classifier")]
    rates = [{"params": body, "lr": 1e-3}, {"params": list(model.classifier.parameters()), "lr": 5e-3}]
    optimiser = torch.optim.Adam(rates)
    rows = encode(tokenizer, texts, 32)
    for step in range(80):
        chosen = torch.randperm(len(texts))[:16]
        batch = {name: array[chosen] for name, array in rows.items()} | {"labels": labels[chosen]}
        report(step=step, loss=train_step(model, optimiser, [batch], 1.0))
    return model
