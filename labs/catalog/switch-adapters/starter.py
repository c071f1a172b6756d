"""Three adapters on one base. The README holds the contract; eight places are marked TODO."""

import torch
from peft import PeftModel
from torch import Tensor
from transformers import LlamaForCausalLM

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def attach(base: LlamaForCausalLM, names: list[str], rank: int, alpha: float) -> PeftModel:
    """Fresh adapters on one frozen base; the first is switched on."""
    raise NotImplementedError("TODO 1: put an adapter of each name beside the seven linear maps, in attach")


def save(model: PeftModel, name: str, path: str) -> None:
    """One adapter as a safetensors file."""
    raise NotImplementedError("TODO 2: write one adapter's tensors in save")


def load(model: PeftModel, name: str, path: str) -> None:
    """Such a file into an adapter that is there; what is switched on stays so."""
    raise NotImplementedError("TODO 3: read them again in load")


def switch(model: PeftModel, name: str | None) -> None:
    """This adapter alone, and it alone trainable; with None the base alone, and nothing trainable."""
    raise NotImplementedError("TODO 4: switch one adapter on, or all off, in switch")


def train_step(model: PeftModel, optimiser: torch.optim.Optimizer, ids: Tensor) -> float:
    """One step on token ids (B, T); the loss from before it."""
    raise NotImplementedError("TODO 5: the next token's cross-entropy and one step, in train_step")


def train(model: PeftModel, name: str, rows: Tensor) -> None:
    """Teach one adapter the text of rows (N, 64)."""
    raise NotImplementedError("TODO 6: switch it on, choose an optimiser, and take steps, in train")


def merged(model: PeftModel, name: str) -> LlamaForCausalLM:
    """A plain Llama with this adapter in its weights; the model itself stays as it is."""
    raise NotImplementedError("TODO 7: merge a copy in merged")


def mix(model: PeftModel, weights: dict[str, float], name: str) -> None:
    """A new adapter whose change of the weights is the weighted sum of the others', switched on."""
    raise NotImplementedError("TODO 8: add the changes, not the factors, in mix")
