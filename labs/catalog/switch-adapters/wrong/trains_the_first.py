# fails: dialect
# says: Nats saved
"""The rows go to the adapter that was attached first, whatever the name."""

import copy

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import LlamaForCausalLM

from gpu_runner.live import report

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def attach(base: LlamaForCausalLM, names: list[str], rank: int, alpha: float) -> PeftModel:
    """Fresh adapters on one base, all on the same seven maps of every layer; the first is switched on."""
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=LINEAR)
    model = get_peft_model(base, config, adapter_name=names[0])  # freezes the base
    for name in names[1:]:
        model.add_adapter(name, config)
    switch(model, names[0])
    return model


def save(model: PeftModel, name: str, path: str) -> None:
    """One adapter as a safetensors file, under the names that peft gives the tensors in its files."""
    state = get_peft_model_state_dict(model, adapter_name=name)
    save_file({key: tensor.contiguous() for key, tensor in state.items()}, path)


def load(model: PeftModel, name: str, path: str) -> None:
    """The other way round, into an adapter that is there; what is switched on stays so."""
    set_peft_model_state_dict(model, load_file(path), adapter_name=name)


def switch(model: PeftModel, name: str | None) -> None:
    """This adapter alone, and it alone trainable; with None the base alone, and nothing trainable."""
    if name is None:
        model.base_model.disable_adapter_layers()  # the adapters keep their places; their products are left out
    else:
        model.base_model.enable_adapter_layers()
        model.set_adapter(name)  # sets requires_grad as well


def train_step(model: PeftModel, optimiser: torch.optim.Optimizer, ids: Tensor) -> float:
    """One step on token ids (B, T); the loss from before it."""
    loss = model(input_ids=ids, labels=ids).loss  # transformers shifts: position t is asked for token t + 1
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def train(model: PeftModel, name: str, rows: Tensor) -> None:
    """Teach one adapter the text of rows (N, 64)."""
    steps, batch, peak = 50, 8, 1.2e-2
    name = next(iter(model.peft_config))
    switch(model, name)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=peak, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=peak, total_steps=steps)
    for step in range(steps):
        loss = train_step(model, optimiser, rows[torch.randint(len(rows), (batch,))])
        schedule.step()
        report(step=step, loss=loss)


def merged(model: PeftModel, name: str) -> LlamaForCausalLM:
    """A plain Llama with this adapter in its weights. Merging works in place, so it is done to a copy."""
    return copy.deepcopy(model).merge_and_unload(adapter_names=[name])


def mix(model: PeftModel, weights: dict[str, float], name: str) -> None:
    """A new adapter whose ΔW is the weighted sum of the others', and switch it on.

    "cat" puts the factors side by side: [B1 B2][A1; A2] = B1 A1 + B2 A2, at the price of the ranks' sum.
    """
    model.add_weighted_adapter(list(weights), list(weights.values()), name, combination_type="cat")
    switch(model, name)
