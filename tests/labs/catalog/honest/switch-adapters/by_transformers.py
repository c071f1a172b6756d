"""With the adapters that transformers has built in: the model stays a LlamaForCausalLM."""

import torch
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

PREFIX = "base_model.model."


def attach(base, names, rank, alpha):
    for name in names:
        config = LoraConfig(r=rank, lora_alpha=alpha, target_modules="all-linear", exclude_modules=["lm_head"])
        base.add_adapter(config, adapter_name=name)
    switch(base, names[0])
    return base


def save(model, name, path):
    state = get_peft_model_state_dict(model, adapter_name=name)
    save_file({PREFIX + key: value.detach().clone() for key, value in state.items()}, path)


def load(model, name, path):
    with safe_open(path, "pt") as file:
        state = {key.removeprefix(PREFIX): file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    set_peft_model_state_dict(model, state, adapter_name=name)


def switch(model, name):
    if name is None:
        model.disable_adapters()
    else:
        model.enable_adapters()
        model.set_adapter(name)
    for key, p in model.named_parameters():
        p.requires_grad_(name is not None and "lora_" in key and key.endswith(f".{name}.weight"))


def train_step(model, optimiser, ids):
    optimiser.zero_grad()
    logits = model(input_ids=ids).logits
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:])
    loss.backward()
    optimiser.step()
    return loss.item()


def train(model, name, rows):
    switch(model, name)
    model.train()
    optimiser = torch.optim.NAdam([p for p in model.parameters() if p.requires_grad], lr=8e-3)
    for step in range(56):
        optimiser.param_groups[0]["lr"] = 8e-3 * (1 - step / 56)
        train_step(model, optimiser, rows[torch.randint(0, len(rows), (8,))])
    model.eval()


@torch.no_grad()
def merged(model, name):
    state = {k: v.clone() for k, v in model.state_dict().items() if "lora_" not in k}
    state = {k.replace(".base_layer.", "."): v for k, v in state.items()}
    for place, module in model.named_modules():
        if hasattr(module, "get_delta_weight"):
            state[f"{place}.weight"] += module.get_delta_weight(name)
    plain = LlamaForCausalLM(model.config)
    plain.load_state_dict(state)
    return plain


@torch.no_grad()
def mix(model, weights, name):
    """By a singular value decomposition of the summed change, at the full rank that it can have."""
    names = list(weights)
    ranks = sum(model.peft_config[at].r for at in names)
    config = LoraConfig(r=ranks, lora_alpha=ranks, target_modules="all-linear", exclude_modules=["lm_head"])
    model.add_adapter(config, adapter_name=name)
    for module in model.modules():
        if hasattr(module, "get_delta_weight"):
            delta = sum(weights[at] * module.get_delta_weight(at) for at in names)
            u, s, v = torch.linalg.svd(delta.double(), full_matrices=False)
            u, s, v = u[:, :ranks].float(), s[:ranks].float(), v[:ranks].float()
            module.lora_A[name].weight[: len(s)] = v
            module.lora_B[name].weight[:] = 0
            module.lora_B[name].weight[:, : len(s)] = u * s
    switch(model, name)
