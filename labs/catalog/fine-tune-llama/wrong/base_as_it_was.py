# fails: learns
# baseline: the base as it was
"""Trivial baseline: no training at all."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM

END, IGNORED = 0, -100
Batch = dict[str, Tensor]
Document = tuple[list[int], list[int]]


def encode(prompt: str, answer: str) -> Document:
    """Ids and labels of one document: the prompt's bytes, the answer's, the end. The prompt is not asked for."""
    given, asked = list(prompt.encode()), [*answer.encode(), END]
    return given + asked, [IGNORED] * len(given) + asked  # not shifted: position t holds the label of token t


def pack(documents: list[Document], length: int) -> Batch:
    """Documents in their order, each in the row that is open if it fits there, else in a new one; all (N, T)."""
    rows: list[list[tuple[int, int, int, int]]] = []
    for ids, labels in documents:
        if not rows or len(rows[-1]) + min(len(ids), length) > length:
            rows.append([])
        number = rows[-1][-1][3] + 1 if rows[-1] else 1
        rows[-1] += [(token, label, at, number) for at, (token, label) in enumerate(zip(ids, labels, strict=True))][
            :length
        ]
    padded = torch.tensor([row + [(END, IGNORED, 0, 0)] * (length - len(row)) for row in rows])  # (N, T, 4)
    ids, labels, positions, segments = padded.unbind(-1)
    return {"input_ids": ids, "labels": labels, "position_ids": positions, "segments": segments}


def allowed(segments: Tensor) -> Tensor:
    """Which token (rows) may see which (columns): earlier ones of its own document, (N, 1, T, T)."""
    same = segments[:, :, None] == segments[:, None, :]
    return same.tril()[:, None]


def forward(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Logits (N, T, V)."""
    mask = torch.zeros(()).where(allowed(batch["segments"]), -math.inf)  # added to the scores
    positions = batch["position_ids"]
    return model(input_ids=batch["input_ids"], attention_mask=mask, position_ids=positions).logits


def nats(logits: Tensor, labels: Tensor) -> tuple[Tensor, int]:
    """What the asked-for tokens cost, summed up, and how many they are: position t predicts token t + 1."""
    asked = labels[:, 1:]
    total = cross_entropy(logits[:, :-1].flatten(0, 1), asked.flatten(), ignore_index=IGNORED, reduction="sum")
    return total, int((asked != IGNORED).sum())


def rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    """Up in a line over the warm-up, then down along half a cosine to the floor."""
    if step < warmup:
        return peak * (step + 1) / warmup
    way = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2


def train_step(
    model: LlamaForCausalLM, optimiser: torch.optim.Optimizer, batches: list[Batch], max_norm: float
) -> float:
    """One step on several small batches as if they were one; nats per asked-for token, from before the step."""
    model.train()
    optimiser.zero_grad()
    count = sum(int((batch["labels"][:, 1:] != IGNORED).sum()) for batch in batches)
    total = 0.0
    for batch in batches:
        loss = nats(forward(model, batch), batch["labels"])[0] / count  # each token counts alike, whatever its batch
        loss.backward()
        total += loss.item()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimiser.step()
    return total


@torch.no_grad()
def evaluate(model: LlamaForCausalLM, batches: list[Batch]) -> tuple[float, float]:
    """Nats per asked-for token over all batches, and the perplexity."""
    model.eval()
    parts = [nats(forward(model, batch), batch["labels"]) for batch in batches]
    mean = sum(float(total) for total, _ in parts) / sum(count for _, count in parts)
    return mean, math.exp(mean)


def finetune(model: LlamaForCausalLM, pairs: list[tuple[str, str]], report) -> LlamaForCausalLM:
    """All weights learn from pairs of prompt and answer."""
    del pairs, report  # nothing is learnt
    return model
