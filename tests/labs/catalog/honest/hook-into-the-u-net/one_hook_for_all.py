"""One hook for every module of the process, told apart by a table of names; einsum for the maps."""

import torch
from torch.nn.modules.module import register_module_forward_hook


def watch(unet, sample, t, text, note):
    names = {id(module): name for name, module in unet.named_modules()}

    def hook(module, inputs, output):
        if id(module) in names:
            note(names[id(module)], module, inputs, output)

    handle = register_module_forward_hook(hook)
    try:
        with torch.no_grad():
            return unet(sample, t, encoder_hidden_states=text)[0]
    finally:
        handle.remove()


def profile(unet, sample, t, text):
    rows = []

    def note(name, module, inputs, output):
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            numbers = {"params": sum(map(torch.numel, module.parameters())), "bytes": 4 * output.numel()}
            numbers["macs"] = output.numel() * module.weight[0].numel()
            rows.append({"name": name, "in": inputs[0].shape, "out": output.shape, **numbers})

    return watch(unet, sample, t, text, note), rows


def capture(unet, sample, t, text, names):
    found = {}

    def note(name, _module, _inputs, output):
        if name in names:
            found[name] = torch.utils._pytree.tree_leaves(output)

    watch(unet, sample, t, text, note)
    return found


def attention_maps(unet, sample, t, text):
    projected, maps = {}, {}

    def note(name, module, _inputs, output):
        if name.endswith(("attn2.to_q", "attn2.to_k")):
            projected[name[-1]] = output
        if name.endswith("attn2"):
            q, k = (projected[letter].unflatten(2, (module.heads, -1)) for letter in "qk")
            scores = torch.einsum("bqac,bkac->baqk", q, k) / q.size(-1) ** 0.5
            maps[name] = torch.nn.functional.softmax(scores, dim=3)

    watch(unet, sample, t, text, note)
    return maps


def parameters_by_block(unet):
    counts = {}
    for name, p in unet.named_parameters():
        head, second, *_ = name.split(".")
        key = f"{head}.{second}" if second.isdecimal() and head != "mid_block" else head
        counts[key] = counts.get(key, 0) + p.numel()
    return counts
