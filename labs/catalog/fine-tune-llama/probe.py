"""How the checks reach into your file: models are made anew for each call, and hold the given weights."""

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from gpu_runner.live import report

Config = dict[str, Any]
Weights = dict[str, Tensor]
Batch = dict[str, Tensor]


def made(config: Config, weights: Weights, dropout: float = 0.0) -> LlamaForCausalLM:
    """Attention is torch's own, which takes a mask of numbers to add or of booleans."""
    options = {"tie_word_embeddings": False, "attn_implementation": "sdpa", "attention_dropout": dropout}
    model = LlamaForCausalLM(LlamaConfig(**config, **options))
    model.load_state_dict(weights)
    return model


def encode(learner: ModuleType, prompt: str, answer: str) -> dict[str, Tensor]:
    ids, labels = learner.encode(prompt, answer)
    return {"ids": torch.tensor(ids), "labels": torch.tensor(labels)}


def pack(learner: ModuleType, documents: list[list[list[int]]], length: int) -> Batch:
    return learner.pack([(list(ids), list(labels)) for ids, labels in documents], length)


def forward(learner: ModuleType, config: Config, weights: Weights, batch: Batch) -> Tensor:
    with torch.no_grad():
        return learner.forward(made(config, weights).eval(), batch)


def nats(learner: ModuleType, logits: Tensor, labels: Tensor) -> dict[str, Any]:
    """The sum, its gradient by the logits, and the count."""
    logits.requires_grad_()
    total, count = learner.nats(logits, labels)
    total.backward()
    return {"total": total, "dlogits": logits.grad, "count": int(count)}


def rates(learner: ModuleType, steps: list[int], plan: list[Any]) -> Tensor:
    return torch.tensor([float(learner.rate(step, *plan)) for step in steps], dtype=torch.float64)


def train(
    learner: ModuleType, config: Config, weights: Weights, steps: list[list[Batch]], lr: float, most: float
) -> dict[str, Any]:
    """Steps of plain gradient descent: the losses that train_step returned, and the weights."""
    model = made(config, weights)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [float(learner.train_step(model, optimiser, batches, most)) for batches in steps]
    return {"losses": torch.tensor(losses, dtype=torch.float64), "weights": dict(model.state_dict())}


def evaluate(learner: ModuleType, config: Config, weights: Weights, batches: list[Batch]) -> Tensor:
    """Of a model that was in training, with dropout, until now."""
    mean, perplexity = learner.evaluate(made(config, weights, dropout=0.4).train(), batches)
    return torch.tensor([float(mean), float(perplexity)], dtype=torch.float64)


def finetune(learner: ModuleType, config: Config, weights: Weights, pairs: list[list[str]]) -> Weights:
    """The weights of the model that you trained on these pairs of prompt and answer."""
    model = learner.finetune(made(config, weights), [(prompt, answer) for prompt, answer in pairs], report)
    return dict(model.state_dict())
