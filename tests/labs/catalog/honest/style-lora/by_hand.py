"""Without peft: projections are replaced by a module of one's own, and training goes by passes over the images."""

import torch
from torch import nn

from gpu_runner.live import report

ENDS = ("to_q", "to_k", "to_v", "to_out.0")


class Adapted(nn.Module):
    def __init__(self, linear, rank, scale):
        super().__init__()
        self.linear, self.scale, self.on = linear, scale, True
        self.down = nn.Parameter(torch.randn(linear.in_features, rank) / linear.in_features**0.5)  # (in, R)
        self.up = nn.Parameter(torch.zeros(rank, linear.out_features))  # (R, out)

    def forward(self, x):
        y = self.linear(x)
        return y + self.scale * (x @ self.down @ self.up) if self.on else y


def adapted(unet):
    return {name: layer for name, layer in unet.named_modules() if isinstance(layer, Adapted)}


def add_lora(unet, rank, alpha):
    for p in unet.parameters():
        p.requires_grad = False
    for name in [name for name, _ in unet.named_modules() if name.endswith(ENDS)]:
        unet.set_submodule(name, Adapted(unet.get_submodule(name), rank, alpha / rank))


def lora_state(unet):
    state = {}
    for name, layer in adapted(unet).items():
        state[f"{name}.lora_A.weight"] = layer.down.detach().T.contiguous()
        state[f"{name}.lora_B.weight"] = layer.up.detach().T.contiguous()
    return state


@torch.no_grad()
def load_lora(unet, state):
    for name, layer in adapted(unet).items():
        layer.down.copy_(state[f"{name}.lora_A.weight"].T)
        layer.up.copy_(state[f"{name}.lora_B.weight"].T)


def switch_lora(unet, on):
    for layer in adapted(unet).values():
        layer.on = on


def diffusion_loss(unet, scheduler, x0, prompts, t, noise):
    bar = scheduler.alphas_cumprod[t].reshape(-1, 1, 1, 1)
    noisy = x0 * bar**0.5 + noise * (1 - bar) ** 0.5
    (predicted,) = unet(noisy, t, prompts, return_dict=False)
    return ((predicted - noise) ** 2).mean()


def train_step(unet, scheduler, optimiser, x0, prompts, t, noise):
    optimiser.zero_grad(set_to_none=False)
    loss = diffusion_loss(unet, scheduler, x0, prompts, t, noise)
    loss.backward()
    optimiser.step()
    return loss.detach()


def train_lora(unet, scheduler, images, prompts, rank, alpha):
    add_lora(unet, rank, alpha)
    passes = 12
    optimiser = torch.optim.Adam((p for p in unet.parameters() if p.requires_grad), lr=5e-3)
    for i in range(passes):
        for group in optimiser.param_groups:
            group["lr"] = 6e-3 * (1 - i / passes)
        for rows in torch.randperm(len(images)).split(25):
            t = torch.randint(0, scheduler.config.num_train_timesteps, (len(rows),))
            noise = torch.randn(len(rows), 1, 8, 8)
            loss = train_step(unet, scheduler, optimiser, images[rows], prompts[rows], t, noise)
        report(step=i, loss=loss)
    return lora_state(unet)
