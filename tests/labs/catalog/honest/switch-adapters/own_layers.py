"""Without peft: every linear map is replaced by a module that keeps all adapters beside its frozen weight."""

import json
import struct
from pathlib import Path

import torch
from torch import nn
from transformers import LlamaForCausalLM

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class Adapted(nn.Module):
    def __init__(self, linear, names, rank, alpha):
        super().__init__()
        self.linear, self.on = linear, None
        self.scale = dict.fromkeys(names, alpha / rank)
        sizes = linear.in_features, linear.out_features
        self.a = nn.ParameterDict({n: nn.Parameter(torch.randn(rank, sizes[0]) / sizes[0] ** 0.5) for n in names})
        self.b = nn.ParameterDict({n: nn.Parameter(torch.zeros(sizes[1], rank)) for n in names})

    def forward(self, x):
        y = self.linear(x)
        if self.on is None:
            return y
        return y + self.scale[self.on] * torch.einsum("...r,or->...o", x @ self.a[self.on].t(), self.b[self.on])

    def delta(self, name):
        return self.scale[name] * self.b[name].detach() @ self.a[name].detach()


def places(model):
    return [(name, module) for name, module in model.named_modules() if isinstance(module, Adapted)]


def attach(base, names, rank, alpha):
    base.requires_grad_(requires_grad=False)
    for layer in base.model.layers:
        for part in (layer.self_attn, layer.mlp):
            for kind in KINDS:
                if hasattr(part, kind):
                    setattr(part, kind, Adapted(getattr(part, kind), names, rank, alpha))
    switch(base, names[0])
    return base


def save(model, name, path):
    """A safetensors file written by hand: the length of the header, the header, the numbers."""
    header, blobs, at = {}, [], 0
    for place, module in places(model):
        for letter, array in (("A", module.a[name]), ("B", module.b[name])):
            blob = array.detach().contiguous().numpy().tobytes()
            key = f"base_model.model.{place}.lora_{letter}.weight"
            header[key] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + len(blob)]}
            blobs.append(blob)
            at += len(blob)
    text = json.dumps(header).encode()
    with Path(path).open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(model, name, path):
    with Path(path).open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(size)), file.read()
    for place, module in places(model):
        for letter, table in (("A", module.a), ("B", module.b)):
            entry = header[f"base_model.model.{place}.lora_{letter}.weight"]
            first, last = entry["data_offsets"]
            values = torch.frombuffer(bytearray(data[first:last]), dtype=torch.float32).view(entry["shape"])
            table[name].data.copy_(values)


def switch(model, name):
    for _, module in places(model):
        module.on = name
        for at in module.a:
            module.a[at].requires_grad_(at == name)
            module.b[at].requires_grad_(at == name)


def train_step(model, optimiser, ids):
    optimiser.zero_grad(set_to_none=False)
    logits = model(input_ids=ids).logits[:, :-1]
    log_p = logits.log_softmax(-1).gather(-1, ids[:, 1:, None])
    loss = -log_p.mean()
    loss.backward()
    optimiser.step()
    return loss.detach()


def train(model, name, rows):
    switch(model, name)
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=6e-3)
    for step in range(56):
        for group in optimiser.param_groups:
            group["lr"] = 8e-3 * min(1, (step + 1) / 8, (56 - step) / 20)
        at = torch.randperm(len(rows))[:8]
        train_step(model, optimiser, rows[at])


def merged(model, name):
    plain = LlamaForCausalLM(model.config)
    state = {}
    for key, array in model.state_dict().items():
        if ".a." not in key and ".b." not in key:
            state[key.replace(".linear.", ".")] = array.clone()
    for place, module in places(model):
        state[f"{place}.weight"] += module.delta(name)
    plain.load_state_dict(state)
    return plain.eval()


def mix(model, weights, name):
    for _, module in places(model):
        a = torch.cat([module.a[at].detach() for at in weights])
        b = torch.cat([module.b[at].detach() * share * module.scale[at] for at, share in weights.items()], 1)
        module.a[name], module.b[name], module.scale[name] = nn.Parameter(a), nn.Parameter(b), 1.0
    switch(model, name)
