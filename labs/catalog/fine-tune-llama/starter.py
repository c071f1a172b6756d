"""Fine-tune a byte-level Llama. The README holds the contract; eight places are marked TODO."""

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

END, IGNORED = 0, -100
Batch = dict[str, Tensor]
Document = tuple[list[int], list[int]]


def encode(prompt: str, answer: str) -> Document:
    """Ids and labels of one document: the prompt's bytes, the answer's, the end. The prompt is not asked for."""
    raise NotImplementedError("TODO 1: bytes and labels in encode")


def pack(documents: list[Document], length: int) -> Batch:
    """Documents in their order, each in the row that is open if it fits there, else in a new one; all (N, T)."""
    raise NotImplementedError("TODO 2: fill rows in pack")


def forward(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Logits (N, T, V)."""
    raise NotImplementedError("TODO 3: call the model with a mask and positions in forward")


def nats(logits: Tensor, labels: Tensor) -> tuple[Tensor, int]:
    """What the asked-for tokens cost, summed up, and how many they are: position t predicts token t + 1."""
    raise NotImplementedError("TODO 4: shift once, and sum in nats")


def rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    raise NotImplementedError("TODO 5: rise and fall in rate")


def train_step(
    model: LlamaForCausalLM, optimiser: torch.optim.Optimizer, batches: list[Batch], max_norm: float
) -> float:
    """One step on several small batches as if they were one; nats per asked-for token, from before the step."""
    raise NotImplementedError("TODO 6: add up the gradients, clip, step in train_step")


@torch.no_grad()
def evaluate(model: LlamaForCausalLM, batches: list[Batch]) -> tuple[float, float]:
    """Nats per asked-for token over all batches, and the perplexity."""
    raise NotImplementedError("TODO 7: average over tokens in evaluate")


def finetune(model: LlamaForCausalLM, pairs: list[tuple[str, str]], report) -> LlamaForCausalLM:
    """All weights learn from pairs of prompt and answer; report(step=…, loss=…) draws the curve."""
    raise NotImplementedError("TODO 8: put it all together in finetune")
