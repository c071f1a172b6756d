"""Fine-tune a small pre-trained BERT. The README holds the contract; ten places are marked TODO."""

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

Batch = dict[str, Tensor]


def encode(tokenizer: BertTokenizer, texts: list[str], length: int) -> Batch:
    """Ids and mask (N, T): [CLS] … [SEP], cut to `length` tokens at most, padded to the longest of these texts."""
    raise NotImplementedError("TODO 1: tokenise, cut and pad in encode")


def split(documents: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Which examples (N,) are held out: all of some documents, and none of the others."""
    raise NotImplementedError("TODO 2: hold out whole documents in split")


def build(config: BertConfig, state: dict[str, Tensor]) -> BertForSequenceClassification:
    """A classifier whose body is the checkpoint's; its head is new."""
    raise NotImplementedError("TODO 3: load the body in build, and look at which names did not fit")


def groups(model: nn.Module, decay: float) -> list[dict[str, object]]:
    """Parameter groups for an optimiser: with decay, and without."""
    raise NotImplementedError("TODO 4: make two groups of parameters in groups")


def rate(step: int, steps: int, warmup: int, peak: float) -> float:
    raise NotImplementedError("TODO 5: rise and fall in rate")


def train_step(
    model: BertForSequenceClassification, optimiser: torch.optim.Optimizer, batches: list[Batch], max_norm: float
) -> float:
    """One step on several small batches as if they were one; the mean loss of all examples, from before the step."""
    raise NotImplementedError("TODO 6: add up the gradients, clip, step in train_step")


@torch.no_grad()
def predict(model: BertForSequenceClassification, batch: Batch) -> Tensor:
    """Logits (B, C) without dropout."""
    raise NotImplementedError("TODO 7: put the model to rest and ask it in predict")


def confusion(truth: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """How often class i (rows) was taken for class j (columns), (C, C)."""
    raise NotImplementedError("TODO 8: count in confusion")


def macro_f1(table: Tensor) -> float:
    raise NotImplementedError("TODO 9: F1 of each class, and their mean, in macro_f1")


def finetune(config, state, tokenizer, texts, labels, report) -> BertForSequenceClassification:
    """Train a classifier on sentences and their classes (N,); report(step=…, loss=…) draws the curve."""
    raise NotImplementedError("TODO 10: put it all together in finetune")
