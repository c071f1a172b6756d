"""peft without diffusers' mixin: layers injected by a pattern, the state read from the modules themselves."""

import re

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch.nn.functional import mse_loss

PATTERN = re.compile(r"\.lora_([AB])\.default\.weight$")


def add_lora(unet, rank, alpha):
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=r".*attn[12]\.(to_[qkv]|to_out\.0)", bias="none")
    inject_adapter_in_model(config, unet)
    for name, p in unet.named_parameters():
        p.requires_grad_("lora_" in name)


def lora_state(unet):
    found = {name: p.detach().clone() for name, p in unet.named_parameters() if PATTERN.search(name)}
    return {name.replace(".default", ""): p for name, p in found.items()}


def load_lora(unet, state):
    renamed = {name.replace(".weight", ".default.weight"): p for name, p in state.items()}
    assert not unet.load_state_dict(renamed, strict=False).unexpected_keys


def switch_lora(unet, on):
    for layer in unet.modules():
        if isinstance(layer, LoraLayer):
            layer.enable_adapters(on)


def diffusion_loss(unet, scheduler, x0, prompts, t, noise):
    noisy = scheduler.add_noise(original_samples=x0, noise=noise, timesteps=t)
    return mse_loss(noise, unet(sample=noisy, timestep=t, encoder_hidden_states=prompts)["sample"])


def train_step(unet, scheduler, optimiser, *batch):
    loss = diffusion_loss(unet, scheduler, *batch)
    loss.backward()
    optimiser.step()
    optimiser.zero_grad()
    return float(loss)


def train_lora(unet, scheduler, images, prompts, rank, alpha):
    add_lora(unet, rank, alpha)
    unet.train()
    trained = [p for p in unet.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=6e-3, weight_decay=0.0)
    for i in range(110):
        optimiser.param_groups[0]["lr"] = 6e-3 * min(1.0, (i + 1) / 10, (110 - i) / 60)
        rows = torch.randint(len(images), (20,))
        t, noise = torch.randint(0, 100, (20,)), torch.randn(20, 1, 8, 8)
        train_step(unet, scheduler, optimiser, images[rows], prompts[rows], t, noise)
    return lora_state(unet)
