"""How the checks reach into your file: models are made anew for each call, and hold the given weights."""

import os
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from gpu_runner.live import report

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one thread is enough for sentences

Config = dict[str, Any]
Weights = dict[str, Tensor]
Batch = dict[str, Tensor]


def tokenizer(vocabulary: list[str]) -> BertTokenizer:
    return BertTokenizer(vocab={piece: at for at, piece in enumerate(vocabulary)})


def made(config: Config, weights: Weights) -> BertForSequenceClassification:
    model = BertForSequenceClassification(BertConfig(**config))
    model.load_state_dict(weights)
    return model


def encode(learner: ModuleType, vocabulary: list[str], lists: list[list[str]], length: int) -> list[dict[str, Tensor]]:
    """Your rows for several lists of texts."""
    found = [learner.encode(tokenizer(vocabulary), texts, length) for texts in lists]
    return [{name: rows[name] for name in ("input_ids", "attention_mask")} for rows in found]


def split(learner: ModuleType, documents: Tensor, share: float, seeds: list[int]) -> list[Tensor]:
    return [learner.split(documents.clone(), share, torch.Generator().manual_seed(seed)) for seed in seeds]


def build(learner: ModuleType, config: Config, state: Weights, new: Weights, batch: Batch) -> dict[str, Any]:
    """Your model for a checkpoint: its body's arrays, and its logits once the head holds given weights."""
    model = learner.build(BertConfig(**config), {name: array.clone() for name, array in state.items()})
    got = {name: array.clone() for name, array in model.state_dict().items()}
    model.load_state_dict(got | new)
    model.eval()
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    learning = sum(p.requires_grad for p in model.parameters())
    return {"body": {name: got[name] for name in state if name in got}, "logits": logits, "learning": learning}


def predict(learner: ModuleType, config: Config, weights: Weights, batch: Batch) -> Tensor:
    """A model that was in training until now."""
    return learner.predict(made(config, weights).train(), batch)


def groups(learner: ModuleType, config: Config, weights: Weights, decay: float, lr: float) -> Weights:
    """One step of plain gradient descent in your groups, where every value's gradient is 1."""
    model = made(config, weights)
    optimiser = torch.optim.SGD(learner.groups(model, decay), lr=lr)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    optimiser.step()
    return dict(model.state_dict())


def rates(learner: ModuleType, steps: list[int], plan: list[Any]) -> Tensor:
    return torch.tensor([float(learner.rate(step, *plan)) for step in steps], dtype=torch.float64)


def train(
    learner: ModuleType, config: Config, weights: Weights, steps: list[list[Batch]], lr: float, most: float
) -> dict[str, Any]:
    """Steps of plain gradient descent: the losses that train_step returned, and the weights."""
    model = made(config, weights).eval()
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [float(learner.train_step(model, optimiser, batches, most)) for batches in steps]
    return {"losses": torch.tensor(losses, dtype=torch.float64), "weights": dict(model.state_dict())}


def finetune(
    learner: ModuleType, config: Config, state: Weights, vocabulary: list[str], texts: list[str], labels: Tensor
) -> Weights:
    """The weights of the model that you trained on these sentences."""
    model = learner.finetune(BertConfig(**config), state, tokenizer(vocabulary), texts, labels, report)
    return dict(model.state_dict())
