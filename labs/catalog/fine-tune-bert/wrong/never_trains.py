# fails: dropout
# says: begins with model.train()
"""A model that was put to rest stays at rest."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

Batch = dict[str, Tensor]


def encode(tokenizer: BertTokenizer, texts: list[str], length: int) -> Batch:
    """Ids and mask (N, T): [CLS] … [SEP], cut to `length` tokens at most, padded to the longest of these texts."""
    rows = tokenizer(texts, truncation=True, max_length=length, padding="longest", return_tensors="pt")
    return {"input_ids": rows["input_ids"], "attention_mask": rows["attention_mask"]}


def split(documents: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Which examples (N,) are held out: all of some documents, and none of the others."""
    names = documents.unique()
    count = round(share * len(names))
    held = names[torch.randperm(len(names), generator=generator)[:count]]
    return torch.isin(documents, held)


def build(config: BertConfig, state: dict[str, Tensor]) -> BertForSequenceClassification:
    """A classifier whose body is the checkpoint's; its head is new."""
    model = BertForSequenceClassification(config)
    missing, _ = model.load_state_dict(state, strict=False)  # names that do not fit are passed over in silence
    assert set(missing) == {"classifier.weight", "classifier.bias"}, missing
    return model


def groups(model: nn.Module, decay: float) -> list[dict[str, object]]:
    """Matrices decay; biases and layer norms, which have one axis, do not."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]


def rate(step: int, steps: int, warmup: int, peak: float) -> float:
    """Up in a line over the warm-up, down in a line to nothing at `steps`."""
    if step < warmup:
        return peak * step / warmup
    return peak * max(0, steps - step) / (steps - warmup)


def train_step(
    model: BertForSequenceClassification, optimiser: torch.optim.Optimizer, batches: list[Batch], max_norm: float
) -> float:
    """One step on several small batches as if they were one; the mean loss of all examples, from before the step."""
    model.eval()
    optimiser.zero_grad()
    count = sum(len(batch["labels"]) for batch in batches)
    total = 0.0
    for batch in batches:
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits  # (B, C)
        loss = cross_entropy(logits, batch["labels"], reduction="sum") / count  # small batches count by their size
        loss.backward()  # frees this batch's graph, and adds to the gradients
        total += loss.item()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)  # of the whole gradient, once it is whole
    optimiser.step()
    return total


@torch.no_grad()
def predict(model: BertForSequenceClassification, batch: Batch) -> Tensor:
    """Logits (B, C) without dropout."""
    model.eval()
    return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits


def confusion(truth: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """How often class i (rows) was taken for class j (columns), (C, C)."""
    return torch.bincount(truth * classes + predicted, minlength=classes**2).view(classes, classes)


def macro_f1(table: Tensor) -> float:
    """The mean of the classes' F1: a small class counts as much as a large one."""
    right = table.diagonal()
    total = table.sum(0) + table.sum(1)  # predicted + true = 2 TP + FP + FN
    return (2 * right / total.clamp(min=1)).mean().item()  # 0 where a class never occurs


def finetune(config, state, tokenizer, texts, labels, report) -> BertForSequenceClassification:
    """Train a classifier on sentences and their classes (N,)."""
    steps, size, length = 80, 16, 32
    model = build(config, state)
    optimiser = torch.optim.AdamW(groups(model, 0.01))
    for step in range(steps):
        chosen = torch.randint(len(texts), (size,))
        batch = encode(tokenizer, [texts[i] for i in chosen.tolist()], length)
        for group in optimiser.param_groups:
            group["lr"] = rate(step + 1, steps + 1, 8, 2e-3)
        loss = train_step(model, optimiser, [{**batch, "labels": labels[chosen]}], 1.0)
        report(step=step, loss=loss)
    return model
